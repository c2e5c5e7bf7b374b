"""The page of the catalogue: its content, its form, and that it needs nothing from outside."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from environment.bugs.catalogue import Bug, Catalogue, load_catalogue
from environment.bugs.manifest import Manifest, Measurement, TestInfo
from environment.report_page import figures
from environment.report_page.data import Page, bitmap, gather, to_document
from environment.report_page.layout import layers, places
from environment.report_page.page import html_page
from environment.tests.fake_platform import make_catalogue

UNIT, CHAOS = "tests/unit/compute/test_a.py", "tests/chaos/audit/test_b.py"
IDS = (f"{UNIT}::test_one", f"{UNIT}::test_two[a]", f"{CHAOS}::test_three")


class FakeReach:
    """L1 can't be followed; E1 is reached by two tests, E9 by one, H2 by none."""

    def tests_of(self, bug: Bug) -> frozenset[str] | None:
        found = {"E1": frozenset(IDS[:2]), "E9": frozenset(IDS[2:]), "H2": frozenset[str]()}
        return found.get(bug.id)

    def seconds(self, test_id: str) -> float:
        return 0.5 if test_id.startswith("tests/unit") else 100.0


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(make_catalogue(tmp_path / "catalogue"))


@pytest.fixture
def manifest(catalogue: Catalogue) -> Manifest:
    """All but H2 measured; L1's and E1's measured edge, and H2's, which is only declared."""
    tests = {test_id: TestInfo(test_id.split("/")[1], ()) for test_id in IDS}
    triggers = {"L1": IDS, "E1": IDS[:1], "E9": IDS[2:]}
    bugs = {bug: Measurement(catalogue[bug].digest, "x", found) for bug, found in triggers.items()}
    return Manifest("x", tests, bugs, {("E1", "L1"): IDS[:1]})


@pytest.fixture
def page(catalogue: Catalogue, manifest: Manifest) -> Page:
    return gather(catalogue, manifest, FakeReach())


def test_rows_tell_what_a_bug_reaches_fails_and_hides(page: Page) -> None:
    rows = {row.bug.id: row for row in page.rows}
    assert (len(rows["E1"].reached), len(rows["E1"].fails), rows["E1"].seconds) == (2, 1, 1.0)
    assert (rows["L1"].everything, rows["L1"].seconds, rows["L1"].hides) == (True, 101.0, ("E1", "H2"))
    assert (rows["H2"].measured, rows["E1"].measured) == (False, True)
    assert {(edge.bug, edge.hidden_by, edge.masked) for edge in page.edges} == {("E1", "L1", 1), ("H2", "L1", 0)}
    assert page.suite_seconds == 101.0


def test_columns_stand_by_category_folder_and_file(page: Page) -> None:
    assert [(file.category, file.folder) for file in page.files] == [("unit", "compute"), ("chaos", "audit")]
    assert page.test_ids == (IDS[0], IDS[1], IDS[2])


def test_without_a_map_every_bug_runs_everything(catalogue: Catalogue, manifest: Manifest) -> None:
    found = gather(catalogue, manifest, None)
    assert all(row.everything and len(row.reached) == 3 for row in found.rows)
    assert not found.mapped
    assert "Durations aren’t known yet" in html_page(found)


def test_bits_stand_for_tests_from_the_lowest() -> None:
    ids = [str(number) for number in range(10)]
    assert base64.b64decode(bitmap(ids, {"0", "3", "9"})) == bytes([0b00001001, 0b00000010])


def test_the_document_is_what_the_script_reads(page: Page) -> None:
    document = to_document(page)
    assert document["files"] == [
        [UNIT, "unit", "compute", ["test_one", "test_two[a]"]],
        [CHAOS, "chaos", "audit", ["test_three"]],
    ]
    assert document["milliseconds"] == [500, 500, 100_000]
    bugs = {bug["id"]: bug for bug in document["bugs"]}
    assert base64.b64decode(bugs["E1"]["reached"]) == bytes([0b011])
    assert base64.b64decode(bugs["E1"]["fails"]) == bytes([0b001])
    assert bugs["L1"]["reached"] == ""


class Elements(HTMLParser):
    """Every element with its attributes; the page is well-formed where each is closed in order."""

    VOID = ("meta", "link", "input", "br", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_the_page_is_one_file_that_asks_for_nothing(page: Page) -> None:
    text = html_page(page)
    elements = Elements(text)
    assert not [attrs for _, attrs in elements.found if "src" in attrs]
    assert {attrs["href"] for _, attrs in elements.found if attrs.get("href")} == {"#table"}
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in re.sub(r"url\(#[a-z]+\)", "", text)
    assert "default-src 'none'" in text


def test_every_id_is_given_once_and_every_label_leads_somewhere(page: Page) -> None:
    elements = Elements(html_page(page)).found
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {
        name
        for _, attrs in elements
        for attribute in ("aria-labelledby", "aria-describedby")
        for name in (attrs.get(attribute) or "").split()
    }
    assert named <= set(ids)
    assert all(attrs.get("aria-label") or tag != "g" for tag, attrs in elements if attrs.get("role") == "button")


def test_words_of_the_catalogue_cannot_become_markup(catalogue: Catalogue, manifest: Manifest) -> None:
    bug = replace(catalogue["E1"], title="</script><b>'\"& bold")
    text = html_page(gather(Catalogue([bug]), manifest, FakeReach()))
    assert "</script><b>" not in text
    assert "&lt;/script&gt;&lt;b&gt;" in text
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["bugs"][0]["title"] == bug.title


def test_who_cannot_see_the_heat_map_reads_its_numbers(page: Page) -> None:
    table = figures.equivalent(page)
    assert (
        '<tr data-bug="E1"><th scope="row">E1</th><td class="n">1&thinsp;/&thinsp;2</td><td class="n">–</td>' in table
    )


def test_the_table_can_be_sorted_by_numbers(page: Page) -> None:
    row = next(line for line in figures.table(page).split("<tr ") if 'id="bug-E1"' in line)
    assert re.findall(r'data-label="(?:Reached by|Fails|of reached|Tests take)" data-v="([^"]*)"', row) == [
        "2",
        "1",
        "0.50000",
        "1.000",
    ]
    assert 'class="stale"' in next(line for line in figures.table(page).split("<tr ") if 'id="bug-H2"' in line)


def test_measured_and_declared_edges_look_different(page: Page) -> None:
    drawn = figures.graph(page)
    assert 'class="edge measured" data-from="L1" data-to="E1"' in drawn
    assert 'class="edge declared" data-from="L1" data-to="H2"' in drawn


def test_layers_run_from_the_left_and_cross_seldom() -> None:
    depth = {"a": 1, "b": 1, "x": 2, "y": 2}
    ordered = layers(depth, [("x", "b"), ("y", "a")])
    first, second = ordered
    assert [first.index("a"), first.index("b")] == [second.index("y"), second.index("x")]
    where = places([["a", "b", "c"], ["x"]], limit=2)
    assert [where[name].column for name in "abcx"] == [0, 0, 1, 2]
    assert where["x"].row == 0.5
    assert where["x"].layer == 1


def test_names_in_the_scatter_cover_each_other_nowhere() -> None:
    dots = {f"A{number}": (100.0 + number, 100.0) for number in range(12)}
    labels = figures.labelled(dots)
    assert 1 <= len(labels) < 12
    assert len(set(labels.values())) == len(labels)


@pytest.mark.parametrize(("seconds", "text"), [(0.44, "0.4 s"), (42.2, "42 s"), (185.0, "3 min 05 s")])
def test_durations(seconds: float, text: str) -> None:
    assert figures.duration(seconds) == text


@pytest.mark.parametrize(("part", "text"), [(0, "0%"), (0.001, "<1%"), (0.25, "25%"), (1, "100%")])
def test_shares(part: float, text: str) -> None:
    assert figures.share(part, 1) == text
