"""What was edited in a folder since a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from environment.workspace.contents import bears_on_verdicts, is_visible
from environment.workspace.errors import WorkspaceError
from environment.workspace.reference import git, git_bytes

CATALOGUE = "environment/bugs"
"""The repository has it, a workspace never does."""


@dataclass(frozen=True)
class Edits:
    """The visible files of two trees that verdicts depend on, as they were and as they are."""

    since: str
    """What it is compared with, in words."""
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]

    def __bool__(self) -> bool:
        return bool(self.differing)

    @property
    def differing(self) -> list[str]:
        """The files that differ, or that only one of the trees has."""
        both = self.before.keys() | self.after.keys()
        return sorted(path for path in both if self.before.get(path) != self.after.get(path))


def edits(folder: Path, since: str = "") -> Edits:
    """What differs from a revision: the one named, else a workspace's first commit, else the repository's last one.

    Files that aren't tracked count, unless git ignores them. Only what verdicts depend on is looked at. Raises
    `WorkspaceError` when the folder is no git repository of its own or has no such revision.
    """
    if not (folder / ".git").exists():
        raise WorkspaceError(f"{folder} has no git history of its own, so nothing tells what was edited in it.")
    revision, words = _base(folder, since)
    new = _names(folder, "ls-files", "--others", "--exclude-standard", "-z")
    changed = new | _names(folder, "diff", "--name-only", "--no-renames", "-z", revision, "--")
    after: dict[str, bytes] = {}
    for path in sorted(changed | _names(folder, "ls-files", "-z")):
        file = folder / path
        if file.is_file() and not file.is_symlink():
            after[path] = file.read_bytes()
    before = {path: content for path, content in after.items() if path not in changed}
    for path in sorted(changed):
        old = git_bytes(folder, "cat-file", "blob", f"{revision}:{path}")
        if old.returncode == 0:
            before[path] = old.stdout
    return Edits(words, before, after)


def _base(folder: Path, since: str) -> tuple[str, str]:
    """The revision to compare with, as a full hash, and how to call it."""
    if since:
        words = f"since {since}"
    elif (folder / CATALOGUE).is_dir():
        since, words = "HEAD", "since the last commit"
    else:
        roots = git(folder, "rev-list", "--max-parents=0", "HEAD").stdout.split()
        since, words = (roots[-1] if roots else "HEAD"), "since the workspace was made"
    found = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}")
    if found.returncode != 0:
        raise WorkspaceError(f"{folder} has no revision {since!r}.")
    return found.stdout.strip(), words


def _names(folder: Path, *arguments: str) -> set[str]:
    """The files that git names, as far as verdicts depend on them."""
    done = git(folder, *arguments)
    if done.returncode != 0:
        raise WorkspaceError(f"git can't tell what differs in {folder}: {done.stderr.strip()}")
    return {name for name in done.stdout.split("\0") if is_visible(name) and bears_on_verdicts(name)}
