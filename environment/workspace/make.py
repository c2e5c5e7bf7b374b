"""Makes a workspace: the visible part of the reference with bugs injected, a README, one commit, nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from environment.bugs.catalogue import Bug
from environment.bugs.control import Control
from environment.workspace.episode import Episode, save_episode
from environment.workspace.errors import WorkspaceError
from environment.workspace.readme import workspace_readme
from environment.workspace.reference import Reference, write_tree
from environment.workspace.repository import COMMIT_TIME, repository

COMMIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "OmniCloud",
    "GIT_AUTHOR_EMAIL": "platform@omnicloud.example",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00+00:00",
    "GIT_COMMITTER_NAME": "OmniCloud",
    "GIT_COMMITTER_EMAIL": "platform@omnicloud.example",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00+00:00",
}
"""Who commits, and when, as git's environment variables say it. With them and the steps below, git makes the same
commit of the same files."""

COMMIT_STEPS = (
    ("init", "--quiet", "--initial-branch=main", "--template="),
    ("add", "--all", "--force"),
    ("commit", "--quiet", "--no-gpg-sign", "--message=OmniCloud"),
)
"""Arguments of git, one after the other, that make a workspace's only commit."""

FILE_TIME = COMMIT_TIME
"""The modification time of every file of a workspace."""
GIT_TIME = FILE_TIME + 1
"""That of git's own files: an index that is no younger than a file has git read that file again."""


def make_workspace(
    reference: Reference,
    bugs: Sequence[Bug],
    target: Path,
    control: Control | None = None,
    further: Mapping[str, bytes] | None = None,
) -> Episode:
    """Make a workspace in an empty or new folder and record its episode outside of it.

    Raises `WorkspaceError` when the folder isn't empty or lies inside the reference's own packages; then nothing is
    changed. A failure on the way removes what was made. A control has the README of these bugs and none of them.
    `further` files are laid beside the others.
    """
    target = target.absolute()
    _require_usable(reference, target)
    missing = [folder for folder in (target, *target.parents) if not folder.exists()]
    files = reference.with_bugs(bugs) if control is None else control.shown(reference.files)
    files.update(further or {})
    files["README.md"] = workspace_readme(bugs).encode()
    try:
        write_tree(files, target, FILE_TIME)
        commit, own = repository(files, FILE_TIME)
        write_tree(own, target, GIT_TIME)
        ids = tuple(bug.id for bug in bugs) if control is None else ()
        kind, name = ("", "") if control is None else (control.kind, control.name)
        episode = Episode(str(target.resolve()), commit, reference.digest, ids, control=kind, control_name=name)
        save_episode(reference, episode)
    except BaseException:
        _remove(target, missing)
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


def _remove(target: Path, made: Sequence[Path]) -> None:
    """Remove what lies in a folder, and the folders that were made for it."""
    for child in target.iterdir() if target.is_dir() else ():
        shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
    for folder in made:
        with suppress(OSError):  # It was not made, or somebody else uses it, too.
            folder.rmdir()
