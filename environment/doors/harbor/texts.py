"""The files of a Harbor task, as text."""

from __future__ import annotations

import json

from environment.doors.harbor.places import ARCHIVE, HAND_IN, STATE, TASK_FILE, USER, WORKSPACE
from environment.doors.tasks import Task
from environment.workspace.pristine import EDITABLE_FILES, EDITABLE_FOLDERS

SCHEMA = "1.4"
ORGANISATION = "omnicloud"

COLLECT_SECONDS = 300
BUILD_SECONDS = 1800
AGENT_CPUS, AGENT_MIB = 2, 4096
"""One fleet takes about 1.2 GiB; the tests and the agent's own programs come on top."""
VERIFIER_CPUS, VERIFIER_MIB = 4, 8192
"""A fleet for each core, with its tests."""
STORAGE_MIB = 10_240


def task_toml(task: Task, version: str) -> str:
    """Harbor's settings: a verifier of its own, without a network, that gets the archive of the agent's work and
    nothing else. `version` says of which platform the task is."""
    causes = "one cause" if len(task.bugs) == 1 else f"{len(task.bugs)} causes"
    return f"""\
schema_version = {_text(SCHEMA)}
artifacts = [{_text(ARCHIVE)}]

[task]
name = {_text(f"{ORGANISATION}/{task.id}")}
version = {_text(version)}
description = {_text(f"A cloud platform of fifteen services with {causes} of trouble: find and repair.")}
keywords = ["debugging", "distributed-systems", "python"]

[metadata]
difficulty = {_text(task.difficulty)}
category = {_text(task.category)}
causes = {len(task.bugs)}

[agent]
timeout_sec = {float(task.agent_seconds)}
user = {_text(USER)}

[verifier]
timeout_sec = {float(task.verifier_seconds)}
user = "root"
environment_mode = "separate"

[[verifier.collect]]
command = {_text(HAND_IN)}
timeout_sec = {float(COLLECT_SECONDS)}
user = "root"

[verifier.environment]
network_mode = "no-network"
build_timeout_sec = {float(BUILD_SECONDS)}
cpus = {VERIFIER_CPUS}
memory_mb = {VERIFIER_MIB}
storage_mb = {STORAGE_MIB}

[environment]
build_timeout_sec = {float(BUILD_SECONDS)}
workdir = {_text(WORKSPACE)}
cpus = {AGENT_CPUS}
memory_mb = {AGENT_MIB}
storage_mb = {STORAGE_MIB}
"""


def instruction(task: Task) -> str:
    """What the agent is told: where it is, and the task."""
    where = f"You work in `{WORKSPACE}`, a git repository with one commit. Its README says what follows, and more."
    return f"{where}\n\n{task.instruction}"


def agent_dockerfile(images: str, commit: str) -> str:
    """The agent's image: the base image with the workspace, whose one commit is the same everywhere."""
    return f"""\
# What the agent has: the workspace, and from the base image an interpreter, libraries and servers. Nothing of the
# reference, the catalogue, the held-out tests or the grader is in this folder.
FROM {images}/agent
USER root
ADD workspace.tar.gz /
COPY hand-in.sh {HAND_IN}
RUN chmod 755 {HAND_IN}
USER {USER}
WORKDIR {WORKSPACE}
RUN test "$(git rev-parse HEAD)" = {commit}
"""


def hand_in() -> str:
    """Packs what is judged of a workspace, after the agent has stopped. The archive is there whole or not at all."""
    names = " ".join((*EDITABLE_FOLDERS, *EDITABLE_FILES))
    return f"""\
#!/bin/sh
# Hands in the work: packs what is judged of the workspace, for the verifier.
archive=${{ARCHIVE:-{ARCHIVE}}}
rm -f "$archive" "$archive.part"
mkdir -p "$(dirname "$archive")" && cd "${{WORKSPACE:-{WORKSPACE}}}" || exit 1
for name in {names}; do
    if [ -e "$name" ] || [ -L "$name" ]; then echo "$name"; fi
done | tar --create --gzip --hard-dereference --exclude=__pycache__ --file="$archive.part" --files-from=-
# 1 means that a file changed meanwhile: what was left running writes on.
[ $? -le 1 ] && mv "$archive.part" "$archive"
"""


def verifier_dockerfile(images: str) -> str:
    """The verifier's image: the base image with the grader, and which task it is."""
    return f"""\
# What grades, in a container of its own that no agent has seen: the whole repository, and the task's name.
FROM {images}/verifier
USER root
COPY test.sh task.json /tests/
RUN chmod 700 /tests
ENTRYPOINT []
"""


def test_sh() -> str:
    """What Harbor runs in the verifier."""
    return f"""\
#!/bin/bash
# Grades what arrived of the agent's work. Where that can't be judged there is no reward file, and no reward.
# Harbor lets everybody write to the folder of verdicts; here that includes the code under test.
chmod 755 /logs/verifier
cd /opt/omnicloud || exit 3
export OMNICLOUD_STATE={STATE}
exec python -m environment.doors.harbor.verify --task {TASK_FILE} --work {ARCHIVE} --out /logs/verifier
"""


def solve_sh() -> str:
    """The oracle: takes the bugs out again."""
    return f"""\
#!/bin/bash
# Repairs the workspace.
set -e
cd "${{WORKSPACE:-{WORKSPACE}}}"
git -c safe.directory='*' apply "$(dirname "$0")/repair.diff"
"""


def _text(value: str) -> str:
    """A string as TOML writes it; for printable text that is how JSON does."""
    return json.dumps(value, ensure_ascii=False)
