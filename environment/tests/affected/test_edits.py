"""What was edited, and since when."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.affected.edits import edits
from environment.bugs.catalogue import Catalogue
from environment.workspace.errors import WorkspaceError
from environment.workspace.make import COMMIT_IDENTITY, make_workspace
from environment.workspace.reference import Reference, git

CAPACITY = "services/compute/capacity.py"


@pytest.fixture
def workspace(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> Path:
    """A workspace with one bug in it."""
    folder = tmp_path / "workspace"
    make_workspace(reference, [catalogue["E1"]], folder)
    return folder


def commit(folder: Path) -> None:
    for step in (("add", "-A"), ("commit", "-qm", "a step", "--no-gpg-sign")):
        assert git(folder, *step, environment=COMMIT_IDENTITY).returncode == 0


def test_an_untouched_workspace_has_no_edits_although_it_has_a_bug(workspace: Path) -> None:
    found = edits(workspace)
    assert not found
    assert found.since == "since the workspace was made"


def test_edits_are_told_with_what_stood_there_before(workspace: Path) -> None:
    # Given a changed, a new and a removed file of the platform
    before = (workspace / CAPACITY).read_bytes()
    (workspace / CAPACITY).write_bytes(before + b"\r\nLIMIT = 1\n")
    (workspace / "shared/new.py").write_text("NEW = 1\n")
    (workspace / "services/billing/proration.py").unlink()
    # And what no verdict depends on
    (workspace / "README.md").write_text("mine\n")
    (workspace / "notes.txt").write_text("mine\n")
    (workspace / "shared/__pycache__").mkdir()
    (workspace / "shared/__pycache__/x.pyc").write_bytes(b"")
    # Then exactly the three are there, byte for byte
    found = edits(workspace)
    assert found.differing == ["services/billing/proration.py", CAPACITY, "shared/new.py"]
    assert found.before[CAPACITY] == before
    assert found.after[CAPACITY] == before + b"\r\nLIMIT = 1\n"
    assert "shared/new.py" not in found.before
    assert "services/billing/proration.py" not in found.after
    # And everything else that verdicts depend on is in both trees, since a name may be used anywhere
    assert "services/compute/app.py" in found.before.keys() & found.after.keys()
    assert "README.md" not in found.after


def test_commits_in_a_workspace_hide_nothing_unless_one_is_named(workspace: Path) -> None:
    (workspace / CAPACITY).write_text("A = 1\n")
    commit(workspace)
    (workspace / "shared/__init__.py").write_text("READY = 1\n")
    assert edits(workspace).differing == [CAPACITY, "shared/__init__.py"]
    since = edits(workspace, "HEAD")
    assert (since.since, since.differing) == ("since HEAD", ["shared/__init__.py"])


def test_the_repository_is_compared_with_its_last_commit(reference: Reference) -> None:
    git(reference.root, "init", "-q", environment=COMMIT_IDENTITY)
    commit(reference.root)
    (reference.root / CAPACITY).write_text("A = 1\n")
    commit(reference.root)
    assert not edits(reference.root)
    assert edits(reference.root).since == "since the last commit"


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD:shared"])
def test_what_is_no_revision_is_refused(workspace: Path, revision: str) -> None:
    with pytest.raises(WorkspaceError, match="has no revision"):
        edits(workspace, revision)


def test_a_folder_without_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="nothing tells what was edited"):
        edits(tmp_path)
