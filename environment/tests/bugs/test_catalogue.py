"""Patch files, the graph and choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue, parse_bug
from environment.bugs.errors import CatalogueError, SelectionError
from environment.bugs.graph import ancestors, closure, depth, is_chain, longest_chains, mermaid, order
from environment.bugs.select import Choice, select
from environment.tests.fake_platform import EDITS, patch_text


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
