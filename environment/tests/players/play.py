"""Scripted players: what they do to a workspace, without knowing the grader."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from environment.bugs.catalogue import Catalogue
from environment.bugs.diff import compose, unified
from environment.workspace.reference import Reference, git


def inverse_patch(
    reference: Reference, catalogue: Catalogue, present: Collection[str], fixed: Collection[str]
) -> bytes:
    """A patch that takes the `fixed` bugs out of a workspace that holds the `present` ones."""
    before = compose(reference.files, [(bug_id, catalogue[bug_id].diff) for bug_id in present])
    left = [bug_id for bug_id in present if bug_id not in fixed]
    after = {**{path: reference.files.get(path) for path in before}}
    after.update(compose(reference.files, [(bug_id, catalogue[bug_id].diff) for bug_id in left]))
    return b"".join(unified(path, before[path], after[path]) for path in sorted(before))


def fix(
    workspace: Path, reference: Reference, catalogue: Catalogue, present: Collection[str], fixed: Iterable[str]
) -> None:
    """Repair bugs with their inverse patches, through `git apply`, as a person would."""
    patch = workspace / ".git" / "repair.patch"
    patch.write_bytes(inverse_patch(reference, catalogue, present, set(fixed)))
    done = git(workspace, "apply", "--whitespace=nowarn", str(patch))
    assert done.returncode == 0, done.stderr
