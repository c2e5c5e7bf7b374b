"""What a workspace holds, and what it doesn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue
from environment.tests.fake_platform import FILES
from environment.workspace.episode import load_episode
from environment.workspace.errors import WorkspaceError
from environment.workspace.make import make_workspace
from environment.workspace.reference import STATE_VARIABLE, Reference, git, verdict_digest


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_it_holds_the_platform_with_the_bugs_and_no_answer(
    reference: Reference, catalogue: Catalogue, tmp_path: Path
) -> None:
    make_workspace(reference, list(catalogue.values()), tmp_path / "w")
    files = content(tmp_path / "w")
    hidden = {
        "Makefile",
        "environment/bugs/secret.py",
        "environment/commands/bugs.py",
        "environment/tests/test_secret.py",
    }
    assert set(files) == set(FILES) - hidden
    changed = {path for path in files if files[path] != FILES[path].encode()}
    assert changed == {
        "README.md",
        "shared/__init__.py",
        "services/compute/capacity.py",
        "services/billing/proration.py",
    }
    assert b"used + wanted < capacity" in files["services/compute/capacity.py"]


def test_nothing_names_a_bug(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> None:
    make_workspace(reference, list(catalogue.values()), tmp_path / "w")
    everything = b"\n".join(
        [path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file()]
        + [str(path).encode() for path in (tmp_path / "w").rglob("*")]
    )
    for bug in catalogue.values():
        assert bug.title.encode() not in everything
        assert bug.explanation.encode() not in everything or bug.explanation == "Because."
        assert f"{bug.id}.patch".encode() not in everything
    assert str(reference.root).encode() not in everything


def test_the_readme_tells_symptoms_and_set_up_hints(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> None:
    make_workspace(reference, [catalogue["L1"], catalogue["E1"]], tmp_path / "w")
    readme = (tmp_path / "w/README.md").read_text()
    assert "- Something about compute is odd." in readme
    assert readme.count("- Look closely.") == 1


def test_it_is_one_clean_commit(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> None:
    make_workspace(reference, [catalogue["E1"]], tmp_path / "w")
    assert git(tmp_path / "w", "rev-list", "--all", "--count").stdout == "1\n"
    assert git(tmp_path / "w", "status", "--porcelain").stdout == ""
    assert git(tmp_path / "w", "log", "--format=%an %s %aI").stdout == "OmniCloud OmniCloud 2024-01-01T00:00:00+00:00\n"


def test_only_tracked_files_of_a_repository_are_copied(reference: Reference, tmp_path: Path) -> None:
    git(reference.root, "init")
    git(reference.root, "add", "--all")
    (reference.root / "services/scratch.py").write_text("")
    make_workspace(Reference(reference.root), [], tmp_path / "w")
    assert not (tmp_path / "w/services/scratch.py").exists()


def test_the_record_lies_outside(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> None:
    made = make_workspace(reference, [catalogue["E1"]], tmp_path / "w")
    assert load_episode(reference, tmp_path / "w") == made
    assert made.bugs == ("E1",)
    with pytest.raises(WorkspaceError, match="made elsewhere"):
        load_episode(reference, reference.root)


def test_a_folder_with_something_in_it_is_left_alone(reference: Reference, tmp_path: Path) -> None:
    target = tmp_path / "w"
    target.mkdir()
    (target / "mine").write_text("precious")
    with pytest.raises(WorkspaceError, match="isn't empty; nothing was changed"):
        make_workspace(reference, [], target)
    assert content(target) == {"mine": b"precious"}


def test_impossible_folders_are_refused(reference: Reference, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for target in (tmp_path / "file", tmp_path / "link", reference.root / "services" / "w", tmp_path):
        with pytest.raises(WorkspaceError):
            make_workspace(reference, [], target)


def test_a_failure_leaves_nothing(reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a state folder that can't be one, because a file has its name
    (tmp_path / "state").write_text("")
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    with pytest.raises(OSError):
        make_workspace(reference, [], tmp_path / "new" / "w")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_not_the_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"no docker-compose\.yml"):
        Reference(tmp_path)


def test_what_only_images_are_built_from_leaves_measurements_valid(reference: Reference) -> None:
    # Given the digest under which measurements are kept
    files = dict(reference.files)
    before = verdict_digest(files)
    # When an image's recipe changes, Then it stays; When code does, Then it doesn't
    recipes = {"docker/x.Dockerfile": b"FROM scratch\n", "services/compute/Dockerfile": b""}
    assert verdict_digest({**files, **recipes}) == before
    assert verdict_digest({**files, "shared/new.py": b""}) != before
    # Nor does it matter who starts the processes, as long as servers of the runner's own making stay as they are
    assert verdict_digest({**files, "environment/fleet/walls/x.py": b""}) == before
    assert verdict_digest({**files, "environment/fleet/consul/x.py": b""}) != before


def test_of_the_projects_settings_those_of_pytest_count(reference: Reference) -> None:
    files = {**reference.files, "pyproject.toml": b"[tool.pytest.ini_options]\ntimeout = 60\n"}
    before = verdict_digest(files)
    further = files["pyproject.toml"] + b"[tool.ruff]\nline-length = 99\n"
    assert verdict_digest({**files, "pyproject.toml": further}) == before
    other = files["pyproject.toml"].replace(b"60", b"61")
    assert verdict_digest({**files, "pyproject.toml": other}) != before
    # And what can't be read is taken as it is
    assert verdict_digest({**files, "pyproject.toml": b"["}) != verdict_digest({**files, "pyproject.toml": b"[["})
