"""Playing audit patches, and what is checked and told of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from environment.bugs.audits import AuditPatch, Kind, load_audits
from environment.bugs.catalogue import load_catalogue
from environment.bugs.diff import unified
from environment.bugs.errors import CatalogueError, ManifestError
from environment.bugs.held_out import load_held_out
from environment.bugs.manifest import load_manifest
from environment.grading.measure import run_confirmed
from environment.reach.map_file import load_map
from environment.tests.fake_platform import FILES
from environment.verification import repairs
from environment.verification.audit_checks import check_audits
from environment.verification.repairs import NAME, Player, Result, Verdict, load_results
from environment.verification.repairs_table import table
from environment.workspace.reference import Reference

CAPACITY = "services/compute/capacity.py"
RULE = "used + wanted <= capacity"
REPAIRS = {
    "wrong-strict": "not used + wanted >= capacity",
    "wrong-rote": "used + wanted <= capacity if capacity == 4 else used + wanted < capacity",
    "wrong-small": "used + wanted <= capacity < 100",
    "right-words": "not used + wanted > capacity",
    "right-number": "int(used + wanted <= capacity)",
}
EXPECTED = {
    "E1/wrong-strict": Verdict.VISIBLE,
    "E1/wrong-rote": Verdict.HELD_OUT,
    "E1/wrong-small": Verdict.ACCEPTED,
    "E1/right-words": Verdict.ACCEPTED,
    "E1/right-number": Verdict.VISIBLE,
}


def write(
    folder: Path, name: str, new: str, bug: str = "E1", head: str = "Title: T\nWhy: Because\n it is so.\n\n"
) -> Path:
    """An audit patch of a bug."""
    source = FILES[CAPACITY]
    file = folder / f"scheduling/{bug}.audit/{name}.patch"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(head.encode() + unified(CAPACITY, source.encode(), source.replace(RULE, new).encode()))
    return file


@pytest.fixture
def audits(measured_folder: Path) -> list[AuditPatch]:
    """The repairs, beside the measured catalogue."""
    for name, new in REPAIRS.items():
        write(measured_folder, name, new)
    return load_audits(measured_folder)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The tests of each stage to come."""
    stages: list[list[str]] = []

    def watched(files: Mapping[str, bytes], expected: Any, *more: Any) -> Any:
        stages.append(sorted(expected))
        return run_confirmed(files, expected, *more)

    monkeypatch.setattr(repairs, "run_confirmed", watched)
    return stages


def player(reference: Reference, folder: Path, **options: Any) -> Player:
    held_out = load_held_out(folder / "held_out")
    manifest = load_manifest(folder)
    return Player(reference, load_catalogue(folder), manifest, load_map(folder), held_out, folder=folder, **options)


def test_every_repair_gets_its_verdict(reference: Reference, measured_folder: Path, audits: list[AuditPatch]) -> None:
    told: list[str] = []
    results = player(reference, measured_folder, on_result=lambda audit, _: told.append(audit.name)).play(audits)
    assert {name: result.verdict for name, result in results.items()} == EXPECTED
    assert sorted(told) == sorted(EXPECTED)
    assert results["E1/wrong-strict"].by == ("tests/unit/compute/test_capacity.py::test_what_fits[2]",)
    assert results["E1/wrong-rote"].by[0].startswith("tests/integration/compute/test_e1_other_sizes.py")
    assert load_results(measured_folder) == results
    # And the errors are those of the tests, both ways
    errors = {audit.name: results[audit.name].error(audit.kind) for audit in audits}
    assert {name for name, error in errors.items() if error} == {"E1/wrong-small", "E1/right-number"}
    page = table(audits, results, dict.fromkeys(results, True))
    assert "| wrong | 3 | 1 | 1 | 1 | 33.3% |" in page
    assert "| right | 2 | 1 | 0 | 1 | 50.0% |" in page
    assert "| E1 | 1 | 1 | 1 | 1 | 1 |" in page
    assert "- **E1/wrong-small** – T: a wrong repair is accepted. Because it is so." in page


def test_what_is_played_is_not_played_again_until_it_changes(
    reference: Reference, measured_folder: Path, audits: list[AuditPatch], ran: list[list[str]]
) -> None:
    chosen = [audit for audit in audits if audit.words in ("strict", "words")]
    first = player(reference, measured_folder).play(chosen)
    before = (measured_folder / NAME).read_bytes()
    ran.clear()
    assert player(reference, measured_folder).play(chosen) == first
    assert (ran, (measured_folder / NAME).read_bytes()) == ([], before)
    # When one of them changes, Then that one is played; the first stage refuses it
    write(measured_folder, "wrong-strict", "used + wanted < capacity - 0")
    changed = [audit for audit in load_audits(measured_folder) if audit.words == "strict"]
    player(reference, measured_folder).play(changed)
    triggers = load_manifest(measured_folder).bugs["E1"].triggers
    assert ran == [[test_id for test_id in triggers if test_id.startswith("tests/unit/")]]


def test_a_right_repair_runs_all_that_it_can_touch_and_then_the_held_out_tests(
    reference: Reference, measured_folder: Path, audits: list[AuditPatch], ran: list[list[str]]
) -> None:
    player(reference, measured_folder).play([audit for audit in audits if audit.words == "words"])
    assert [len(stage) for stage in ran] == [3, 2, 3]
    assert all("test_e1" in test_id for test_id in ran[-1])


def test_the_limit_leaves_the_rest(reference: Reference, measured_folder: Path, audits: list[AuditPatch]) -> None:
    late = player(reference, measured_folder, limit_seconds=0.0)
    assert late.play(audits) == {}
    assert len(late.left) == 5
    page = table(audits, {}, {})
    assert "| wrong | 0 | 0 | 0 | 0 | – |" in page
    assert "5 of 5 are not played: E1/" in page


def test_a_result_of_another_reference_is_told_and_played_again(
    reference: Reference, measured_folder: Path, audits: list[AuditPatch]
) -> None:
    audit = next(audit for audit in audits if audit.words == "strict")
    held_out = load_held_out(measured_folder / "held_out")["E1"].digest
    asked = player(reference, measured_folder)
    today = Result(audit.digest, reference.digest, held_out, Verdict.VISIBLE, (), 1)
    assert asked.current(audit, today)
    for other in ({"patch": "x"}, {"reference": "x"}, {"held_out": ""}):
        assert not asked.current(audit, Result(**{**vars(today), **other}))
    assert "1 of 1 are played before something changed" in table([audit], {audit.name: today}, {audit.name: False})


def test_a_bug_that_is_not_measured_is_refused(
    reference: Reference, measured_folder: Path, audits: list[AuditPatch]
) -> None:
    patch = next(measured_folder.glob("*/E1.patch"))
    patch.write_text(
        patch.read_text().replace("+    return used + wanted < capacity", "+    return used + wanted < capacity - 0")
    )
    with pytest.raises(ManifestError, match="Not measured: E1"):
        player(reference, measured_folder).play(audits)


def test_results_that_cannot_be_read_are_refused(measured_folder: Path) -> None:
    (measured_folder / NAME).write_text("[]")
    with pytest.raises(ManifestError, match="can't be read"):
        load_results(measured_folder)


def test_files_are_read_strictly(measured_folder: Path) -> None:
    write(measured_folder, "wrong-a-b", "False")
    (audit,) = load_audits(measured_folder)
    assert (audit.bug, audit.kind, audit.words, audit.why) == ("E1", Kind.WRONG, "a-b", "Because it is so.")
    assert audit.name == "E1/wrong-a-b"
    for name, head, message in (
        ("maybe-x", "Title: T\nWhy: W\n\n", "must be wrong-"),
        ("wrong-x", "Title: T\n\n", "missing in the header: Why"),
        ("wrong-x", "Title: T\nWhy: W\n", "an empty line"),
    ):
        file = write(measured_folder, name, "False", head=head)
        with pytest.raises(CatalogueError, match=message):
            load_audits(measured_folder)
        file.unlink()


def test_checks_tell_what_cannot_be_played(reference: Reference, measured_folder: Path) -> None:
    catalogue = load_catalogue(measured_folder)
    write(measured_folder, "right-words", REPAIRS["right-words"])
    assert check_audits(catalogue, reference, measured_folder) == []
    # Given one of no bug, one that doesn't fit, one that is no Python, and one that edits a test
    write(measured_folder, "wrong-x", "False", bug="E2")
    file = write(measured_folder, "wrong-old", "False")
    file.write_text(file.read_text().replace(RULE, "used <= capacity"))
    write(measured_folder, "wrong-rubbish", "(")
    test = "tests/unit/compute/test_capacity.py"
    place = write(measured_folder, "wrong-test", "False")
    diff = unified(test, FILES[test].encode(), FILES[test].replace("== 6", "== 7").encode())
    place.write_bytes(b"Title: T\nWhy: W\n\n" + diff)
    told = [f"{finding.bug}: {finding.text}" for finding in check_audits(catalogue, reference, measured_folder)]
    assert len(told) == 4
    assert any(f"E1/wrong-rubbish: {CAPACITY} can't be read" in text for text in told)
    assert f"E1: E1/wrong-test: {test} isn't graded, so nobody can hand it in" in told
    assert any(text.startswith("E1: E1/wrong-old") for text in told)
    assert "E2: E2/wrong-x: there is no such bug" in told
