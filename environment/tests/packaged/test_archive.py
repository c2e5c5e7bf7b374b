"""The archive of the reference that an installed environment has."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue
from environment.fleet import project
from environment.fleet.errors import FleetError
from environment.packaged import archive
from environment.workspace.errors import WorkspaceError
from environment.workspace.make import make_workspace
from environment.workspace.reference import InstalledReference, Reference


@pytest.fixture
def installed(reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstalledReference:
    """The fake platform as an installed environment has it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "kept"))
    (tmp_path / "installed").mkdir()
    archive.pack(reference.files, tmp_path / "installed")
    return InstalledReference(tmp_path / "installed")


def test_what_is_packed_comes_back(reference: Reference, installed: InstalledReference) -> None:
    assert dict(installed.files) == dict(reference.files)
    assert list(installed.files) == sorted(installed.files)
    assert installed.digest == reference.digest


def test_equal_files_give_an_equal_archive(reference: Reference, installed: InstalledReference, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    archive.pack(dict(sorted(reference.files.items(), reverse=True)), tmp_path / "again")
    for name in (archive.ARCHIVE, archive.NOTE):
        assert (tmp_path / "again" / name).read_bytes() == (installed.root / name).read_bytes()


def test_its_note_names_the_services(installed: InstalledReference) -> None:
    found = archive.note(installed.root)
    assert found is not None
    assert found.services == ("compute",)


def test_a_clone_has_none(tmp_path: Path) -> None:
    assert archive.note(tmp_path) is None
    assert archive.note() is None


def test_a_damaged_one_is_refused(installed: InstalledReference) -> None:
    # Given an archive of which a bit was turned, and one that is gone
    path = installed.root / archive.ARCHIVE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match="Install omnicloud anew"):
        _ = InstalledReference(installed.root).files
    path.unlink()
    with pytest.raises(WorkspaceError, match="Install omnicloud anew"):
        _ = InstalledReference(installed.root).files


def test_workspaces_are_those_of_the_repository(
    reference: Reference, installed: InstalledReference, catalogue: Catalogue, tmp_path: Path
) -> None:
    first = make_workspace(reference, list(catalogue.values()), tmp_path / "one")
    second = make_workspace(installed, list(catalogue.values()), tmp_path / "other")
    assert first.commit == second.commit
    assert first.reference == second.reference


def test_records_are_kept_among_what_a_user_keeps(installed: InstalledReference, tmp_path: Path) -> None:
    make_workspace(installed, [], tmp_path / "w")
    assert installed.state == tmp_path / "kept/omnicloud"
    assert len(list((installed.state / "episodes").iterdir())) == 1


def test_a_tree_lasts_as_long_as_it_is_needed(reference: Reference, installed: InstalledReference) -> None:
    with installed.tree() as root:
        assert (root / "services/compute/capacity.py").read_bytes() == reference.files["services/compute/capacity.py"]
    assert not root.exists()
    with reference.tree() as root:
        assert root == reference.root


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without a home that could be written to; where temporary files go."""
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    return tmp_path


def test_who_has_no_home_keeps_things_among_temporary_files(homeless: Path) -> None:
    folder = homeless / f"omnicloud-{os.geteuid()}"
    assert project.cache_dir() == folder / "cache/omnicloud"
    assert project.state_dir() == folder / "state/omnicloud"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_use_is_refused(homeless: Path) -> None:
    (homeless / f"omnicloud-{os.geteuid()}").mkdir(mode=0o777)
    (homeless / f"omnicloud-{os.geteuid()}").chmod(0o777)
    with pytest.raises(FleetError, match="isn't a folder of this user alone") as raised:
        project.cache_dir()
    assert "XDG_CACHE_HOME" in raised.value.hint


def test_the_home_is_used_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert project.cache_dir() == tmp_path / ".cache/omnicloud"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert project.cache_dir("name") == Path("/elsewhere/name")
