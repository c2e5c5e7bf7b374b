"""The git repository of a workspace: the same bytes everywhere, and one that git finds nothing wrong with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue
from environment.workspace.make import COMMIT_IDENTITY, COMMIT_STEPS, FILE_TIME, make_workspace
from environment.workspace.reference import Reference, git, write_tree
from environment.workspace.repository import repository

ROOT = Path(__file__).resolve().parents[3]

MAKE = """\
import os, sys
from pathlib import Path
from environment.bugs.catalogue import load_catalogue
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference

os.umask(int(sys.argv[4], 8))
bugs = list(load_catalogue(Path(sys.argv[2])).values())
make_workspace(Reference(Path(sys.argv[1])), bugs[:: int(sys.argv[5])], Path(sys.argv[3]))
"""

ODD = {
    "empty.txt": b"",
    "large.bin": bytes(range(256)) * 1024,
    "full block": b"x" * 0xFFFF,
    "run.sh": b"#!/bin/sh\n",
    "folder.py": b"1\n",
    "folder/inner.py": b"2\n",
    "folder-2/inner.py": b"2\n",
    "folder/deep/er/ünicode.py": b"3\n",
    "deep" + "/deeper" * 30 + "/file": b"4\n",
}
"""What formats treat in ways of their own: sizes at borders, names that sort otherwise as folders, names of bytes."""


def everything(folder: Path) -> dict[str, tuple[int, float, bytes]]:
    """Mode, time and content of all that lies in a folder."""
    return {
        path.relative_to(folder).as_posix(): (
            (status := path.lstat()).st_mode,
            status.st_mtime,
            b"" if path.is_dir() else path.read_bytes(),
        )
        for path in folder.rglob("*")
    }


def written(files: dict[str, bytes], folder: Path) -> str:
    """Write files and their repository; the commit."""
    commit, own = repository(files, FILE_TIME)
    write_tree(files, folder, FILE_TIME)
    write_tree(own, folder, FILE_TIME + 1)
    return commit


def test_one_choice_gives_one_workspace_byte_for_byte_whoever_makes_it(
    reference: Reference, catalogue_folder: Path, tmp_path: Path
) -> None:
    # Given a user without anything, and one with settings, templates and hooks of his own, in another zone
    home = tmp_path / "home"
    hook = home / "template/hooks/post-commit"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\ntouch here\n")
    hook.chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[init]\n templateDir = {home}/template\n defaultBranch = trunk\n[core]\n autocrlf = true\n compression = 9\n"
        "[user]\n name = Somebody\n[commit]\n gpgSign = true\n[extensions]\n objectFormat = sha256\n"
    )
    plain = {"PATH": os.defpath, "HOME": os.devnull, "TZ": "UTC", "PYTHONHASHSEED": "1"}
    own = {"PATH": "/nowhere", "HOME": str(home), "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8"}
    # When both make the workspace of one choice, named in another order
    for name, variables, umask, step in (
        ("one", plain, "022", "1"),
        ("other", {**own, **COMMIT_IDENTITY}, "077", "-1"),
    ):
        command = [sys.executable, "-c", MAKE, reference.root, catalogue_folder, tmp_path / name, umask, step]
        environment = {**variables, "PYTHONPATH": str(ROOT)}
        subprocess.run(list(map(str, command)), env=environment, check=True, timeout=120)
    # Then all bytes, modes and times are the same, those of the repository, too
    assert everything(tmp_path / "one") == everything(tmp_path / "other")


def test_the_commit_is_the_one_that_git_makes(reference: Reference, tmp_path: Path) -> None:
    files = {**ODD, **reference.files}
    commit = written(files, tmp_path / "ours")
    write_tree(files, tmp_path / "gits")
    for step in COMMIT_STEPS:
        assert git(tmp_path / "gits", *step, environment=COMMIT_IDENTITY).returncode == 0
    assert git(tmp_path / "gits", "rev-parse", "HEAD").stdout.strip() == commit
    assert git(tmp_path / "ours", "rev-parse", "HEAD").stdout.strip() == commit


def test_git_finds_nothing_wrong(tmp_path: Path) -> None:
    written(ODD, tmp_path)
    check = git(tmp_path, "fsck", "--strict", "--full", "--unreachable", "--no-progress")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")
    packs = [str(path) for path in (tmp_path / ".git/objects/pack").glob("*.idx")]
    assert git(tmp_path, "verify-pack", *packs).returncode == 0
    assert git(tmp_path, "status", "--porcelain").stdout == ""
    assert git(tmp_path, "diff", "HEAD").stdout == ""
    assert git(tmp_path, "reflog", "--format=%gs").stdout == "commit (initial): OmniCloud\n"
    assert git(tmp_path, "show", "HEAD:folder/inner.py").stdout == "2\n"


def test_nothing_needs_to_be_read_for_a_status(tmp_path: Path) -> None:
    # Given a workspace in which a file was replaced behind git's back, with its size and its time
    written(ODD, tmp_path)
    (tmp_path / "folder.py").write_bytes(b"0\n")
    os.utime(tmp_path / "folder.py", (FILE_TIME, FILE_TIME))
    # When git is asked what differs, Then it answers from the index alone
    assert git(tmp_path, "diff-files").stdout == ""


def test_what_is_changed_shows(tmp_path: Path) -> None:
    written(ODD, tmp_path)
    # When a file is changed without a change of its size, one is removed, one added, and one made executable
    (tmp_path / "folder.py").write_bytes(b"0\n")
    (tmp_path / "run.sh").unlink()
    (tmp_path / "new").write_text("new")
    (tmp_path / "empty.txt").chmod(0o755)
    assert set(git(tmp_path, "status", "--porcelain").stdout.splitlines()) == {
        " M empty.txt",
        " M folder.py",
        " D run.sh",
        "?? new",
    }
    # Then all of it can be committed, and packed anew
    for step in (("add", "-A"), ("commit", "-q", "-m", "more"), ("gc", "-q"), ("fsck", "--strict")):
        assert git(tmp_path, *step, environment=COMMIT_IDENTITY).returncode == 0
    assert git(tmp_path, "rev-list", "--count", "HEAD").stdout == "2\n"


def test_the_repository_holds_nothing_of_the_reference(
    reference: Reference, catalogue: Catalogue, tmp_path: Path
) -> None:
    # Given a reference whose objects were made before, for a workspace without bugs
    make_workspace(reference, [], tmp_path / "right")
    # When a workspace with bugs is made
    make_workspace(reference, list(catalogue.values()), tmp_path / "wrong")

    def objects(folder: Path, *command: str) -> set[str]:
        return {line.split()[0] for line in git(folder, *command).stdout.splitlines()}

    # Then it has the objects of its commit and no others, and none of a file that has a bug
    there = objects(tmp_path / "wrong", "cat-file", "--batch-all-objects", "--batch-check")
    assert there == objects(tmp_path / "wrong", "rev-list", "--objects", "--all")
    for path in ("shared/__init__.py", "services/compute/capacity.py", "services/billing/proration.py"):
        right = git(tmp_path / "right", "rev-parse", f"HEAD:{path}").stdout.strip()
        assert len(right) == 40
        assert right not in there


@pytest.mark.parametrize("size", [0, 1, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0x1FFFF])
def test_contents_at_the_borders_of_blocks_come_back(size: int, tmp_path: Path) -> None:
    written({"file": b"x" * size}, tmp_path)
    assert len(git(tmp_path, "cat-file", "blob", "HEAD:file").stdout) == size
