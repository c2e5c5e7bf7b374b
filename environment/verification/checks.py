"""Static checks of the catalogue: everything that can be said without running a test."""

from __future__ import annotations

import ast
import itertools
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from environment.bugs.catalogue import Bug, Catalogue
from environment.bugs.diff import Edit, added_lines, compose, edits_of, overlap
from environment.bugs.errors import CatalogueError, DiffError
from environment.bugs.families import BY_LETTER, CHAIN, DIFFICULTIES, PLATFORM, REQUIRED_EDGES
from environment.bugs.graph import is_chain, order
from environment.bugs.held_out import HeldOut
from environment.bugs.manifest import Manifest
from environment.services import SERVICES
from environment.workspace.contents import is_editable
from environment.workspace.reference import Reference, git

GIVEAWAY = re.compile(
    r"\b(bugs?|buggy|fixme|todo|xxx|hack|inject\w*|seeded|sabotage|mutant|wrong\w*|broken|incorrect\w*|off.by.one)\b",
    re.IGNORECASE,
)
"""Words that give a bug away when a patch adds them."""

LEAST_TRIGGERS = 2
"""So many visible tests must catch a bug."""

USUAL_SIZE = 8
"""Most bugs change at most so many lines; more is reported, not refused."""


@dataclass(frozen=True)
class Finding:
    """Something that a check found. An error fails `omnicloud bugs check`; a note doesn't."""

    bug: str
    text: str
    error: bool = True


def check(
    catalogue: Catalogue,
    reference: Reference,
    manifest: Manifest | None = None,
    held_out: Mapping[str, HeldOut] | None = None,
) -> list[Finding]:
    """All findings, in the order of the checks. Without a manifest nothing measured is checked, without held-out tests
    nothing about them."""
    findings = [finding for bug in catalogue.values() for test in BUG_CHECKS for finding in test(bug, catalogue)]
    findings += _fits(catalogue, reference)
    findings += _overlaps(catalogue, reference)
    findings += _graph(catalogue)
    findings += _together(catalogue, reference)
    if held_out is not None:
        findings += _held_out(catalogue, reference, held_out)
    if manifest is not None:
        findings += _measured(catalogue, reference, manifest)
    if manifest is not None and held_out is not None:
        findings += _held_out_measured(catalogue, manifest, held_out)
    return findings


def _header(bug: Bug, catalogue: Catalogue) -> Iterator[Finding]:
    family = BY_LETTER[bug.id[0]]
    if bug.family != family.slug:
        yield Finding(bug.id, f"Family must be '{family.slug}', not '{bug.family}'")
    if bug.source.parent.name != family.slug or bug.source.stem != bug.id:
        yield Finding(bug.id, f"the file must be {family.slug}/{bug.id}.patch")
    if bug.difficulty not in DIFFICULTIES:
        yield Finding(bug.id, f"Difficulty must be one of {', '.join(DIFFICULTIES)}")
    if not bug.services:
        yield Finding(bug.id, f"Services must name services, or '{PLATFORM}'")
    for name in bug.services:
        if name not in (*SERVICES, PLATFORM):
            yield Finding(bug.id, f"Services: there is no service '{name}'")


def _edges(bug: Bug, catalogue: Catalogue) -> Iterator[Finding]:
    for other in bug.depends_on:
        if other not in catalogue:
            yield Finding(bug.id, f"Depends-On: there is no bug {other}")
    missing = [other for other in REQUIRED_EDGES.get(bug.id, ()) if other not in bug.depends_on]
    if missing:
        yield Finding(bug.id, f"Depends-On must name {', '.join(missing)}")


def _places(bug: Bug, catalogue: Catalogue) -> Iterator[Finding]:
    for path in bug.paths:
        if not is_editable(path):
            yield Finding(bug.id, f"{path} isn't graded, so nobody could repair it there")
    if bug.size > USUAL_SIZE:
        yield Finding(bug.id, f"changes {bug.size} lines; most bugs change at most {USUAL_SIZE}", error=False)


def _silent(bug: Bug, catalogue: Catalogue) -> Iterator[Finding]:
    removed = "\n".join(
        line.decode(errors="replace")
        for item in bug.diff
        for hunk in item.hunks
        for sign, line in hunk.lines
        if sign == b"-"
    )
    for line in added_lines(bug.diff):
        words = {match.group(0) for match in GIVEAWAY.finditer(line)}
        words |= set(re.findall(rf"\b{bug.id}\b", line))
        given = sorted(word for word in words if word not in removed)
        if given:
            yield Finding(bug.id, f"gives itself away by {', '.join(given)}: {line.strip()}")


def _told(bug: Bug, catalogue: Catalogue) -> Iterator[Finding]:
    for name, text in (("Symptom", bug.symptom), ("Hint", bug.hint)):
        found = [other for other in catalogue if re.search(rf"\b{other}\b", text)]
        if found:
            yield Finding(bug.id, f"{name} goes into workspaces and must not name {', '.join(found)}")


BUG_CHECKS: tuple[Callable[[Bug, Catalogue], Iterator[Finding]], ...] = (_header, _edges, _places, _silent, _told)


def _fits(catalogue: Catalogue, reference: Reference) -> Iterator[Finding]:
    """Each patch alone fits the reference byte for byte, `git apply` agrees, and what it makes can be read."""
    for bug in catalogue.values():
        try:
            composed = compose(reference.files, [(bug.id, bug.diff)])
        except DiffError as error:
            yield Finding(bug.id, str(error))
            continue
        for path, content in composed.items():
            problem = "" if content is None else readable(path, content)
            if problem:
                yield Finding(bug.id, f"{path}: {problem}")
        yield from _git_agrees(bug, reference, composed)


def _git_agrees(bug: Bug, reference: Reference, composed: dict[str, bytes | None]) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory(prefix="omnicloud-check-") as name:
        folder = Path(name)
        for path in bug.paths:
            if path in reference.files:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(reference.files[path])
        done = git(folder, "apply", "--whitespace=nowarn", str(bug.source.resolve()))
        if done.returncode != 0:
            yield Finding(bug.id, f"git apply refuses it: {done.stderr.strip()}")
            return
        for path, content in composed.items():
            file = folder / path
            if (file.read_bytes() if file.is_file() else None) != content:
                yield Finding(bug.id, f"{path}: git apply makes something else of it than one-pass application")


def readable(path: str, content: bytes) -> str:
    """Why a file can't be read as what its name says, or nothing."""
    try:
        if path.endswith(".py"):
            ast.parse(content)
        elif path.endswith((".yml", ".yaml")):
            yaml.safe_load(content)
        elif path.endswith(".json"):
            json.loads(content)
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        return f"can't be read any more: {error}"
    return ""


def _overlaps(catalogue: Catalogue, reference: Reference) -> Iterator[Finding]:
    edits: dict[str, list[Edit]] = {}
    deletions: dict[str, str] = {}
    for bug in catalogue.values():
        for item in bug.diff:
            try:
                edits.setdefault(item.path, []).extend(edits_of(item, reference.files.get(item.path), bug.id))
            except DiffError:
                continue  # Reported by `_fits`.
            if item.deletes:
                deletions[item.path] = bug.id
    for path, found in edits.items():
        for first, second in itertools.combinations(sorted(found), 2):
            deleted = deletions.get(path) in (first.owner, second.owner)
            if first.owner != second.owner and (deleted or overlap(first, second)):
                yield Finding(second.owner, f"edits the same lines as {first.owner}: {path}:{second.start + 1}")


def _graph(catalogue: Catalogue) -> Iterator[Finding]:
    try:
        order(catalogue)
    except CatalogueError as error:
        yield Finding("", str(error))
        return
    if all(bug_id in catalogue for bug_id in CHAIN) and not is_chain(catalogue, CHAIN):
        yield Finding("", f"the promised chain {' → '.join(CHAIN)} isn't one")


def _together(catalogue: Catalogue, reference: Reference) -> Iterator[Finding]:
    """All bugs at once still make files that can be read."""
    try:
        files = reference.with_bugs(catalogue.values())
    except DiffError:
        return  # Reported by `_fits` or `_overlaps`.
    for path in sorted({path for bug in catalogue.values() for path in bug.paths} & files.keys()):
        problem = readable(path, files[path])
        if problem:
            yield Finding("", f"with all bugs injected, {path} {problem}")


def _measured(catalogue: Catalogue, reference: Reference, manifest: Manifest) -> Iterator[Finding]:
    if manifest.reference != reference.digest:
        yield Finding("", "the reference has changed since the manifest was measured: `omnicloud bugs verify`")
    owners = {item.patch: bug_id for bug_id, item in manifest.bugs.items()}
    for bug in catalogue.values():
        known = owners.get(bug.digest)
        if known is not None and known != bug.id:
            yield Finding(bug.id, f"was measured as {known}: ids are permanent, don't renumber")
        item = manifest.of(bug)
        if item is None:
            yield Finding(bug.id, f"isn't measured: `omnicloud bugs verify {bug.id}`", error=False)
            continue
        if item.reference != reference.digest:
            yield Finding(bug.id, "was measured on an older reference", error=False)
        if len(item.triggers) < LEAST_TRIGGERS:
            yield Finding(bug.id, f"fails {len(item.triggers)} visible tests; there must be at least {LEAST_TRIGGERS}")
        for other in bug.depends_on:
            if manifest.edges.get((bug.id, other), ("not compared yet",)) == ():
                yield Finding(bug.id, f"doesn't depend on {other}: no trigger of {bug.id} fails with {other} alone")
    for bug_id in manifest.bugs:
        if bug_id not in catalogue:
            yield Finding(bug_id, "is in the manifest, but has no patch", error=False)


def _held_out(catalogue: Catalogue, reference: Reference, held_out: Mapping[str, HeldOut]) -> Iterator[Finding]:
    for bug_id in catalogue:
        if bug_id not in held_out:
            yield Finding(bug_id, "has no held-out test", error=False)
    for bug_id, item in held_out.items():
        if bug_id not in catalogue:
            yield Finding(bug_id, "has held-out tests, but no patch")
        for path, content in item.files.items():
            if path in reference.files:
                yield Finding(bug_id, f"a held-out test has the place of a visible one: {path}")
            problem = readable(path, content)
            if problem:
                yield Finding(bug_id, f"held out, {path} {problem}")


def _held_out_measured(catalogue: Catalogue, manifest: Manifest, held_out: Mapping[str, HeldOut]) -> Iterator[Finding]:
    for bug in catalogue.values():
        item, measured = held_out.get(bug.id), manifest.of(bug)
        if item is None or measured is None:
            continue
        if measured.held_out is None or measured.held_out.files != item.digest:
            yield Finding(bug.id, f"its held-out tests aren't measured: `omnicloud bugs verify {bug.id}`", error=False)
        elif not any(measured.held_out.tests.values()):
            yield Finding(bug.id, "fails none of its held-out tests")
