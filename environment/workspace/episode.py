"""What is known of an episode, kept outside its workspace.

The record lies in the reference's state folder under a name derived from the workspace's path, so nothing in the
workspace names a bug and nothing written there changes the record. It is signed.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from environment.workspace.errors import WorkspaceError
from environment.workspace.reference import Reference
from environment.workspace.signed import Unsigned, load_signed, save_signed

FORMAT = 2


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
    control: str = ""
    """The kind of a control; empty for a workspace with bugs."""
    control_name: str = ""


def record_of(reference: Reference, workspace: Path) -> Path:
    """The file of a workspace's record, whether there is one or not."""
    return reference.state / _record(workspace)


def _record(workspace: Path) -> str:
    key = hashlib.sha256(str(workspace.resolve()).encode()).hexdigest()[:24]
    return f"episodes/{key}.json"


def save_episode(reference: Reference, episode: Episode) -> None:
    """Write the record in one step."""
    save_signed(reference.state, _record(Path(episode.workspace)), {"format": FORMAT, **asdict(episode)})


def load_episode(reference: Reference, workspace: Path) -> Episode:
    """The record of a workspace, whatever has become of the workspace; raises `WorkspaceError` when it wasn't made from
    this reference's repository, or when somebody else wrote the record."""
    try:
        document = load_signed(reference.state, _record(workspace))
    except FileNotFoundError:
        if not workspace.is_dir():
            hint = f"Make a workspace with `omnicloud challenge {workspace}`."
            raise WorkspaceError(f"{workspace} isn't a folder. {hint}") from None
        raise WorkspaceError(
            f"{workspace} isn't a workspace of this repository: it was made elsewhere, or moved since. "
            "Make one with `omnicloud challenge DIR`."
        ) from None
    except Unsigned as error:
        raise WorkspaceError(
            f"The record of {workspace} can't be believed: {error} Make the workspace anew."
        ) from error
    if document["format"] != FORMAT:
        raise WorkspaceError(f"The record of {workspace} is of another version. Make the workspace anew.")
    return Episode(
        workspace=str(workspace.resolve()),
        commit=document["commit"],
        reference=document["reference"],
        bugs=tuple(document["bugs"]),
        ever_passed=tuple(document["ever_passed"]),
        scores=tuple(document["scores"]),
        # Records that were written before there were controls have none.
        control=document.get("control", ""),
        control_name=document.get("control_name", ""),
    )


def forget_episode(reference: Reference, workspace: Path) -> None:
    """Remove the record of a workspace, if there is one."""
    record_of(reference, workspace).unlink(missing_ok=True)
