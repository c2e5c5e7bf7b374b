"""Static checks of audit patches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from environment.bugs.audits import audit_files, parse_audit
from environment.bugs.catalogue import PATCHES, Catalogue
from environment.bugs.errors import CatalogueError, DiffError
from environment.verification.checks import Finding, readable
from environment.workspace.contents import is_editable
from environment.workspace.reference import Reference


def check_audits(catalogue: Catalogue, reference: Reference, folder: Path = PATCHES) -> list[Finding]:
    """What is wrong with audit patches: each must belong to a bug, and lead to a tree that can be handed in."""
    return [finding for path in audit_files(folder) for finding in _check(path, catalogue, reference)]


def _check(path: Path, catalogue: Catalogue, reference: Reference) -> Iterator[Finding]:
    bug_id = path.parent.name.removesuffix(".audit")
    try:
        audit = parse_audit(path.read_bytes(), path)
        files = audit.applied(reference.files)
    except (CatalogueError, DiffError) as error:
        yield Finding(bug_id, str(error))
        return
    if audit.bug not in catalogue:
        yield Finding(bug_id, f"{audit.name}: there is no such bug")
    elif path.parent.parent.name != catalogue[audit.bug].family:
        yield Finding(bug_id, f"{audit.name} must lie beside the bug, in {catalogue[audit.bug].family}/")
    for item in audit.diff:
        if not is_editable(item.path):
            yield Finding(bug_id, f"{audit.name}: {item.path} isn't graded, so nobody can hand it in")
        problem = readable(item.path, files[item.path]) if item.path in files else ""
        if problem:
            yield Finding(bug_id, f"{audit.name}: {item.path} {problem}")
