"""Static checks of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.diff import unified
from environment.bugs.manifest import Manifest, Measurement
from environment.tests.fake_platform import EDITS, FILES, patch_text
from environment.verification.checks import check
from environment.workspace.reference import Reference


def findings(reference: Reference, folder: Path, manifest: Manifest | None = None) -> list[str]:
    found = check(load_catalogue(folder), reference, manifest)
    return [f"{finding.bug}: {finding.text}" for finding in found if finding.error]


def test_a_sound_catalogue_has_no_findings(reference: Reference, catalogue_folder: Path, measured: Manifest) -> None:
    assert findings(reference, catalogue_folder, measured) == []


def rewrite(folder: Path, bug_id: str, old: str, new: str, **header: str) -> None:
    """Give a bug another edit or other header values."""
    path, _, _, difficulty, depends_on = EDITS[bug_id]
    text = patch_text(bug_id, path, old, new, difficulty, depends_on).decode()
    for name, value in header.items():
        lines = [f"{name}: {value}" if line.startswith(f"{name}:") else line for line in text.split("\n")]
        text = "\n".join(lines)
    next(folder.glob(f"*/{bug_id}.patch")).write_text(text)


@pytest.mark.parametrize(
    ("bug_id", "old", "new", "header", "message"),
    [
        ("E1", "used + wanted <= capacity", "used + wanted < capacity  # bug", {}, "gives itself away by bug"),
        ("E1", "used + wanted <= capacity", "E1 + wanted <= capacity", {}, "gives itself away by E1"),
        ("E1", "used + wanted <= capacity", "used + wanted <=", {}, "can't be read any more"),
        ("E1", "max(0, used - freed)", "0", {}, "edits the same lines as E1"),
        ("H2", "30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31", "3", {"Family": "money"}, "Family must"),
        ("H2", "30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31", "3", {"Services": "bank"}, "no service"),
        ("H2", "30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31", "3", {"Difficulty": "x"}, "Difficulty"),
        ("H2", "30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31", "3", {"Symptom": "E1 bit us"}, "name E1"),
    ],
)
def test_a_finding(
    reference: Reference,
    catalogue_folder: Path,
    bug_id: str,
    old: str,
    new: str,
    header: dict[str, str],
    message: str,
) -> None:
    rewrite(catalogue_folder, bug_id, old, new, **header)
    assert any(message in finding for finding in findings(reference, catalogue_folder))


def test_a_patch_that_no_longer_fits_is_found(reference: Reference, catalogue_folder: Path) -> None:
    (reference.root / "shared/__init__.py").write_text("# moved\n" + FILES["shared/__init__.py"])
    found = findings(reference, catalogue_folder)
    assert found == ["L1: shared/__init__.py: the reference doesn't have the lines of the hunk at line 1"]


def test_a_patch_outside_of_what_is_graded_is_found(reference: Reference, catalogue_folder: Path) -> None:
    path = catalogue_folder / "scheduling/E9.patch"
    head = path.read_text().split("\n\n")[0]
    edit = unified("pyproject.toml", reference.files["pyproject.toml"], b"x = 1\n").decode()
    path.write_text(f"{head}\n\n{edit}")
    assert any("isn't graded" in finding for finding in findings(reference, catalogue_folder))


def test_required_edges_and_unknown_ones_are_found(reference: Reference, catalogue_folder: Path) -> None:
    rewrite(catalogue_folder, "H2", "== 2", "== 3", **{"Depends-On": "A1"})
    assert "H2: Depends-On: there is no bug A1" in findings(reference, catalogue_folder)


def test_what_was_measured_is_checked(reference: Reference, catalogue: Catalogue, catalogue_folder: Path) -> None:
    digest = reference.digest
    bugs = {
        "L1": Measurement(catalogue["L1"].digest, digest, ("a",)),
        "E1": Measurement(catalogue["E1"].digest, digest, ("b", "c")),
        "E8": Measurement(catalogue["E9"].digest, digest, ("b", "c")),
        "H2": Measurement("other", digest, ("b", "c")),
    }
    found = findings(reference, catalogue_folder, Manifest("other", {}, bugs, {("E1", "L1"): ()}))
    assert found == [
        ": the reference has changed since the manifest was measured: `omnicloud bugs verify`",
        "L1: fails 1 visible tests; there must be at least 2",
        "E1: doesn't depend on L1: no trigger of E1 fails with L1 alone",
        "E9: was measured as E8: ids are permanent, don't renumber",
    ]
    notes = [finding for finding in check(catalogue, reference, Manifest(digest, {}, bugs)) if not finding.error]
    assert [f"{finding.bug}: {finding.text}" for finding in notes] == [
        "E9: isn't measured: `omnicloud bugs verify E9`",
        "H2: isn't measured: `omnicloud bugs verify H2`",
        "E8: is in the manifest, but has no patch",
    ]
