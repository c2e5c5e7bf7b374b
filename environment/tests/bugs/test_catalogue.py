"""Patch files, the graph, choices and static checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue, parse_bug
from environment.bugs.checks import check
from environment.bugs.diff import unified
from environment.bugs.errors import CatalogueError, SelectionError
from environment.bugs.graph import ancestors, closure, depth, is_chain, longest_chains, mermaid, order
from environment.bugs.manifest import Manifest, Measurement
from environment.bugs.select import Choice, select
from environment.tests.fake_platform import EDITS, FILES, patch_text
from environment.workspace.reference import Reference


def test_a_bug_is_read_with_all_its_headers(catalogue: Catalogue) -> None:
    bug = catalogue["E1"]
    assert (bug.family, bug.difficulty, bug.services, bug.depends_on) == ("scheduling", "subtle", ("compute",), ("L1",))
    assert bug.symptom == "Something about compute is odd."
    assert bug.scenario == ""
    assert (bug.paths, bug.size) == (("services/compute/capacity.py",), 1)


def test_the_catalogue_is_in_order(catalogue: Catalogue) -> None:
    assert list(catalogue) == ["L1", "E1", "E9", "H2"]
    with pytest.raises(CatalogueError, match="no bug K1"):
        catalogue["K1"]


@pytest.mark.parametrize("name", ["Id", "Title", "Symptom", "Depends-On"])
def test_a_missing_header_is_named(name: str) -> None:
    text = patch_text("E1", *EDITS["E1"]).decode()
    broken = "\n".join(line for line in text.split("\n") if not line.startswith((name + ":", " is odd")))
    with pytest.raises(CatalogueError, match=f"missing in the header: {name}"):
        parse_bug(broken.encode(), Path("E1.patch"))


@pytest.mark.parametrize("bug_id", ["Z1", "A0", "A13", "A01", "1A", "L16"])
def test_an_impossible_id_is_refused(bug_id: str) -> None:
    text = patch_text("E1", *EDITS["E1"]).replace(b"Id: E1", f"Id: {bug_id}".encode())
    with pytest.raises(CatalogueError):
        parse_bug(text, Path("x.patch"))


def test_the_graph(catalogue: Catalogue) -> None:
    assert order(catalogue) == ["L1", "E9", "E1", "H2"]
    assert closure(catalogue, ["E1"]) == {"L1", "E1"}
    assert ancestors(catalogue, "E1") == {"L1"}
    assert depth(catalogue) == {"L1": 1, "E9": 1, "E1": 2, "H2": 2}
    assert longest_chains(catalogue) == [("L1", "E1"), ("L1", "H2")]
    assert is_chain(catalogue, ["L1", "E1"])
    assert not is_chain(catalogue, ["E1", "L1"])
    assert "L1 --> E1" in mermaid(catalogue)


def test_a_circle_is_named(catalogue_folder: Path) -> None:
    path = catalogue_folder / "setup/L1.patch"
    path.write_bytes(path.read_bytes().replace(b"Depends-On: -", b"Depends-On: H2"))
    with pytest.raises(CatalogueError, match="in a circle"):
        order(load_catalogue(catalogue_folder))


@pytest.mark.parametrize(
    ("choice", "ids", "added"),
    [
        (Choice(), ("L1", "E1", "E9", "H2"), ()),
        (Choice(ids=("E1",)), ("L1", "E1"), ("L1",)),
        (Choice(ids=("E1",), exact=True), ("E1",), ()),
        (Choice(families=("E",)), ("L1", "E1", "E9"), ("L1",)),
        (Choice(families=("scheduling",), difficulties=("moderate",)), ("E9",), ()),
        (Choice(difficulties=("obvious",)), ("L1", "H2"), ("L1",)),
    ],
)
def test_choices_are_closed(catalogue: Catalogue, choice: Choice, ids: tuple[str, ...], added: tuple[str, ...]) -> None:
    selection = select(catalogue, choice)
    assert (selection.ids, selection.added) == (ids, added)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_seed_gives_one_closed_choice_of_that_size(catalogue: Catalogue, count: int) -> None:
    for seed in range(20):
        first, again = (select(catalogue, Choice(count=count, seed=seed)) for _ in range(2))
        assert first == again
        assert len(first.ids) == count
        assert closure(catalogue, first.ids) == set(first.ids)
    if count == 2:
        assert len({select(catalogue, Choice(count=2, seed=seed)).ids for seed in range(20)}) > 1


@pytest.mark.parametrize(
    "choice",
    [
        Choice(ids=("K1",)),
        Choice(families=("X",)),
        Choice(difficulties=("easy",)),
        Choice(count=0),
        Choice(count=5),
        Choice(ids=("H2",), families=("E",)),
        Choice(ids=("H2",), count=1),
    ],
)
def test_an_impossible_choice_is_refused(catalogue: Catalogue, choice: Choice) -> None:
    with pytest.raises(SelectionError):
        select(catalogue, choice)


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
        "E9: isn't measured: `omnicloud bugs verify E9`",
        "H2: isn't measured: `omnicloud bugs verify H2`",
    ]
