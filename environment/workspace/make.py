"""Makes a workspace: the visible part of the reference with bugs injected, a README, one commit, nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from environment.bugs.catalogue import Bug
from environment.workspace.episode import Episode, save_episode
from environment.workspace.errors import WorkspaceError
from environment.workspace.readme import workspace_readme
from environment.workspace.reference import Reference, git, write_tree

COMMIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "OmniCloud",
    "GIT_AUTHOR_EMAIL": "platform@omnicloud.example",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00+00:00",
    "GIT_COMMITTER_NAME": "OmniCloud",
    "GIT_COMMITTER_EMAIL": "platform@omnicloud.example",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00+00:00",
}
"""Fixed, so that equal choices give equal commits, byte for byte."""

FILE_TIME = 1_704_067_200
"""2024-01-01T00:00:00Z, the modification time of every file of a workspace."""


def make_workspace(reference: Reference, bugs: Sequence[Bug], target: Path) -> Episode:
    """Make a workspace in an empty or new folder and record its episode outside of it.

    Raises `WorkspaceError` when the folder isn't empty or lies inside the reference's own packages; then nothing is
    changed. A failure on the way removes what was made.
    """
    target = target.absolute()
    _require_usable(reference, target)
    existed = target.exists()
    files = dict(reference.with_bugs(bugs))
    files["README.md"] = workspace_readme(bugs).encode()
    try:
        write_tree(dict(sorted(files.items())), target)
        commit = _commit(target)
        _fix_times(target)
        episode = Episode(str(target.resolve()), commit, reference.digest, tuple(bug.id for bug in bugs))
        save_episode(reference, episode)
    except BaseException:
        _remove(target, keep_folder=existed)
        raise
    return episode


def _require_usable(reference: Reference, target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise WorkspaceError(f"{target} isn't a folder. Name a new or an empty one.")
    if target.is_dir() and any(target.iterdir()):
        raise WorkspaceError(f"{target} isn't empty; nothing was changed. Name another folder, or remove this one.")
    real = target.resolve()
    if reference.root.is_relative_to(real):
        raise WorkspaceError(f"{target} contains the repository itself. Name another folder.")
    inside = real.relative_to(reference.root).parts[:1] if real.is_relative_to(reference.root) else ()
    if inside and inside[0] in ("services", "shared", "tests", "environment", "docker", ".git"):
        raise WorkspaceError(f"{target} lies inside the platform's own source. Name another folder.")


def _commit(target: Path) -> str:
    steps = (
        ("init", "--quiet", "--initial-branch=main", "--template="),
        ("add", "--all", "--force"),
        ("commit", "--quiet", "--no-gpg-sign", "--message=OmniCloud"),
    )
    for step in steps:
        done = git(target, "-c", "core.autocrlf=false", "-c", "core.fileMode=true", *step, environment=COMMIT_IDENTITY)
        if done.returncode != 0:
            raise WorkspaceError(f"git {step[0]} failed in {target}: {done.stderr.strip() or done.stdout.strip()}")
    return git(target, "rev-parse", "HEAD").stdout.strip()


def _fix_times(target: Path) -> None:
    for folder, _, names in os.walk(target):
        if ".git" in Path(folder).relative_to(target).parts:
            continue
        for name in names:
            os.utime(Path(folder) / name, (FILE_TIME, FILE_TIME))
    # The index remembers times; refreshed, `git status` is clean and quick from the start.
    git(target, "update-index", "-q", "--refresh")


def _remove(target: Path, keep_folder: bool) -> None:
    for child in target.iterdir() if target.is_dir() else ():
        shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
    if not keep_folder and target.is_dir():
        target.rmdir()
