"""Where things are in the containers of a Harbor task."""

WORKSPACE = "/workspace"
USER = "omnicloud"
USER_ID = 10001
"""The user of the base images (`docker/agent.Dockerfile`)."""
HAND_IN = "/usr/local/bin/hand-in"
ARCHIVE = "/handed-in/work.tar.gz"
"""The declared artifact. Harbor lays it at the same place in the verifier's container."""
TASK_FILE = "/tests/task.json"
STATE = "/var/lib/omnicloud"
"""The grader's records; in the verifier, of root."""
