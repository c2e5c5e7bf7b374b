"""What is known of an episode, kept outside its workspace.

The record lies in the reference's state folder under a name derived from the workspace's path, so nothing in the
workspace names a bug and nothing written there changes the record.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from environment.workspace.errors import WorkspaceError
from environment.workspace.reference import Reference

FORMAT = 1


@dataclass(frozen=True)
class Episode:
    """One workspace and its gradings so far."""

    workspace: str
    commit: str
    """The workspace's only commit; equal choices give equal commits."""
    reference: str
    bugs: tuple[str, ...]
    ever_passed: tuple[str, ...] = ()
    """Tests that passed at the start or at an earlier grading."""
    scores: tuple[str, ...] = ()
    """Totals of the gradings so far, as exact fractions ("39/50"), the baseline's first."""


def _record(reference: Reference, workspace: Path) -> Path:
    key = hashlib.sha256(str(workspace.resolve()).encode()).hexdigest()[:24]
    return reference.state / "episodes" / f"{key}.json"


def save_episode(reference: Reference, episode: Episode) -> None:
    """Write the record in one step."""
    path = _record(reference, Path(episode.workspace))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    scratch = path.with_suffix(f".{os.getpid()}.new")
    scratch.write_text(json.dumps({"format": FORMAT, **asdict(episode)}, indent=1) + "\n")
    os.replace(scratch, path)


def load_episode(reference: Reference, workspace: Path) -> Episode:
    """The record of a workspace; raises `WorkspaceError` when it wasn't made from this reference's repository."""
    if not workspace.is_dir():
        raise WorkspaceError(f"{workspace} isn't a folder. Make a workspace with `omnicloud challenge {workspace}`.")
    path = _record(reference, workspace)
    if not path.is_file():
        raise WorkspaceError(
            f"{workspace} isn't a workspace of this repository: it was made elsewhere, or moved since. "
            "Make one with `omnicloud challenge DIR`."
        )
    document = json.loads(path.read_text())
    if document["format"] != FORMAT:
        raise WorkspaceError(f"The record of {workspace} is of another version. Make the workspace anew.")
    return Episode(
        workspace=str(workspace.resolve()),
        commit=document["commit"],
        reference=document["reference"],
        bugs=tuple(document["bugs"]),
        ever_passed=tuple(document["ever_passed"]),
        scores=tuple(document["scores"]),
    )


def forget_episode(reference: Reference, workspace: Path) -> None:
    """Remove the record of a workspace, if there is one."""
    _record(reference, workspace).unlink(missing_ok=True)
