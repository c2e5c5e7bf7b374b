"""The grading copy takes over what is judged, as plain files, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environment.workspace.errors import SubmissionRejected
from environment.workspace.make import make_workspace
from environment.workspace.pristine import Limits, pristine_files
from environment.workspace.reference import Reference


@pytest.fixture
def workspace(reference: Reference, tmp_path: Path) -> Path:
    make_workspace(reference, [], tmp_path / "w")
    return tmp_path / "w"


def test_an_untouched_workspace_is_the_reference(reference: Reference, workspace: Path) -> None:
    assert pristine_files(reference, workspace) == dict(reference.files)


def test_only_services_shared_and_compose_files_are_taken_over(reference: Reference, workspace: Path) -> None:
    for path in (
        "services/compute/new.py",
        "shared/new.py",
        "docker-compose.yml",
        "docker-compose.test.yml",
        "docker-compose.override.yml",
        "tests/unit/compute/test_capacity.py",
        "tests/conftest.py",
        "conftest.py",
        "pyproject.toml",
        "pytest.ini",
        "sitecustomize.py",
        "environment/fleet/__init__.py",
        "services/__pycache__/app.cpython-311.pyc",
        "services/compute/.git/hooks",
    ):
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text("changed")
    (workspace / "services/billing/proration.py").unlink()
    files = pristine_files(reference, workspace)
    changed = {path for path in {**files, **reference.files} if files.get(path) != reference.files.get(path)}
    assert changed == {
        "services/compute/new.py",
        "shared/new.py",
        "docker-compose.yml",
        "docker-compose.test.yml",
        "services/billing/proration.py",
    }


@pytest.mark.parametrize("target", ["/etc/passwd", "../../..", "nowhere"])
@pytest.mark.parametrize("path", ["services/link", "shared/deep/link", "services", "docker-compose.yml"])
def test_links_are_refused(reference: Reference, workspace: Path, path: str, target: str) -> None:
    place = workspace / path
    if place.is_dir():
        place.rename(workspace / "away")
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)
    with pytest.raises(SubmissionRejected):
        pristine_files(reference, workspace)


def test_pipes_are_refused_without_waiting(reference: Reference, workspace: Path) -> None:
    os.mkfifo(workspace / "services/pipe")
    with pytest.raises(SubmissionRejected, match="neither a file nor a folder"):
        pristine_files(reference, workspace)


@pytest.mark.parametrize(
    "limits",
    [Limits(files=3), Limits(file_bytes=10), Limits(total_bytes=100), Limits(depth=0)],
)
def test_excess_is_refused(reference: Reference, workspace: Path, limits: Limits) -> None:
    with pytest.raises(SubmissionRejected):
        pristine_files(reference, workspace, limits)


def test_a_name_that_is_no_text_is_refused(reference: Reference, workspace: Path) -> None:
    (Path(os.fsdecode(os.fsencode(workspace / "services") + b"/\xff.py"))).write_text("")
    with pytest.raises(SubmissionRejected, match="UTF-8"):
        pristine_files(reference, workspace)
