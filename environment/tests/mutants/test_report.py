"""What is told of a sample: counts by area, survivors line by line, reasons that are wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.console import Console

from environment.mutants.report import about_reasons, lines, survivors, table, to_document
from environment.mutants.run import End, Result
from environment.mutants.sample import Change
from environment.tests.affected.conftest import BILLING, CAPACITY, CLAIMS, PRORATION, UNIT
from environment.tests.mutants.conftest import MakeMutant
from environment.workspace.reference import Reference

APRIL = "return 30 if month in (5, 6, 9, 11) else 28 if month == 2 else 31"


@pytest.fixture
def results(mutant: MakeMutant) -> list[Result]:
    fits, release = f"{CAPACITY}::fits", f"{CAPACITY}::release"
    killed = mutant(fits, "return used + wanted < capacity")
    left = mutant(release, "return max(0, used + freed)")
    april = mutant(f"{PRORATION}::days", APRIL)
    unit, live = (f"{UNIT}::test_total",), (f"{CLAIMS}::test_release_ends_at_zero",)
    return [
        Result(killed, End.UNIT, unit, live, 1, unit[0], "assert False", 0.5),
        Result(left, End.UNDECIDED, unit, live, 1),
        Result(april, End.SURVIVED, (f"{BILLING}::test_january",), (), 1),
    ]


def test_a_table_counts_by_area(results: list[Result]) -> None:
    console = Console(width=150)
    with console.capture() as captured:
        console.print(table(results))
    rows = [line.split() for line in captured.get().splitlines()]
    assert ["services/billing", "–", "–", "1", "–", "–", "1"] in rows
    assert ["services/compute", "1", "–", "–", "1", "–", "2"] in rows
    assert ["all", "1", "–", "1", "1", "–", "3"] in rows


def test_survivors_come_first_with_their_lines_and_tests(results: list[Result]) -> None:
    assert list(lines(results)) == [
        f"survived: {PRORATION}:2  days",
        "  - return 30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31",
        f"  + {APRIL}",
        "  1 of 1 test that it can touch ran and passed:",
        f"    {BILLING}::test_january",
        f"undecided: {CAPACITY}:9  release",
        "  - return max(0, used - freed)",
        "  + return max(0, used + freed)",
        "  1 of 2 tests that it can touch ran and passed:",
        f"    {UNIT}::test_total",
        f"    {CLAIMS}::test_release_ends_at_zero",
        "1 of 2 decided mutants are killed (50 %).",
    ]
    assert [result.mutant.change.path for result in survivors(results)] == [PRORATION]


def test_what_nobody_was_asked_about_is_only_counted(results: list[Result]) -> None:
    asked = replace(results[1], unit=(), ran=0)
    assert list(lines([asked])) == [
        "Nothing was asked about 1 mutants: only live tests can touch them, and none fits the limit."
    ]
    troubled = replace(asked, says="no disk")
    assert next(iter(lines([troubled]))) == f"undecided: {CAPACITY}:9  release"


def test_wrong_reasons_are_told(results: list[Result], reference: Reference) -> None:
    gone, killed = Change(f"{CAPACITY}::gone", "a", "b"), results[0].mutant.change
    told = list(about_reasons({gone: "…", killed: "…"}, reference.files, results))
    assert told == [
        f"a reason is about nothing that is there: {gone}",
        f"a reason isn't needed, {UNIT}::test_total fails: {killed}",
    ]


def test_the_document_has_the_form_that_is_documented(results: list[Result]) -> None:
    document = json.loads(json.dumps(to_document(3, "abc", results, ["a reason …"])))
    assert (document["format"], document["seed"], document["reference"]) == (1, 3, "abc")
    assert document["counts"]["survived"] == document["counts"]["killed by a unit test"] == 1
    billing = next(item for item in document["mutants"] if item["function"].startswith(PRORATION))
    assert (billing["operator"], billing["line"], billing["after"]) == ("constant", 2, APRIL)
    assert billing["tests"] == [f"{BILLING}::test_january"]
    assert not any("tests" in item for item in document["mutants"] if item["by"])
