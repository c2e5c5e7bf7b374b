"""What is sent to the engine for the agent's image, and what goes into it."""

from __future__ import annotations

import re
from pathlib import Path

from environment.doors.harbor.places import USER, USER_ID

ROOT = Path(__file__).resolve().parents[3]
AGENT = (ROOT / "docker/agent.Dockerfile").read_text()
VERIFIER = (ROOT / "docker/verifier.Dockerfile").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
CONTEXT = {"docker/agent.Dockerfile", "requirements-episode.lock", "bin/omnicloud"}


def copied(dockerfile: str) -> set[str]:
    """What is copied out of the context."""
    lines = re.findall(r"^(?:COPY|ADD) (?!--from)(?:--\S+ )*(.+) \S+$", dockerfile, re.MULTILINE)
    return {source for line in lines for source in line.split()}


def test_the_agents_image_is_built_from_a_lock_file_and_a_script() -> None:
    sent = re.findall(r"^\t@git archive HEAD (.+) \\\n\t  \| docker build -f docker/agent", MAKEFILE, re.MULTILINE)
    assert [set(words.split()) for words in sent] == [CONTEXT]
    assert copied(AGENT) == CONTEXT - {"docker/agent.Dockerfile"}
    assert all((ROOT / path).is_file() for path in CONTEXT)


def test_neither_of_them_names_the_reference() -> None:
    texts = "".join((ROOT / path).read_text() for path in CONTEXT - {"docker/agent.Dockerfile"})
    assert not re.search(r"^(omnicloud|-e|\.|file:)", (ROOT / "requirements-episode.lock").read_text(), re.MULTILINE)
    for word in ("environment/bugs", "held_out", "manifest.json", "environment.grading"):
        assert word not in texts


def test_the_agents_image_runs_as_the_user_that_owns_the_workspaces() -> None:
    assert f"useradd --uid {USER_ID} --create-home {USER}\n" in AGENT
    assert AGENT.rstrip().splitlines()[-2] == f"USER {USER}"
    # Nobody but root may write where the hook that hands in the work finds its programs.
    assert "--chown" not in AGENT


def test_the_verifiers_image_is_the_agents_with_the_repository_and_no_records_of_its_making() -> None:
    assert re.findall(r"^FROM (\S+)", VERIFIER, re.MULTILINE) == ["omnicloud/agent", "scratch"]
    assert copied(VERIFIER) == {"."}
    assert re.search(r"rm -rf [^\n]*\.omnicloud\n", VERIFIER)
