"""What was measured goes with the repository: a fresh clone goes on from it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from environment.bugs.held_out import all_files, load_held_out
from environment.bugs.manifest import load_manifest
from environment.reach.map_file import load_map, save_map
from environment.tests.verification.test_verify import FITS, RELEASE, change, ran, verifier
from environment.verification.ledger import NAME, Ledger
from environment.verification.verify import Report
from environment.workspace.reference import Reference

__all__ = ["ran"]
CAPACITY = "services/compute/capacity.py"
HELD_OUT_TESTS = [
    "tests/integration/compute/test_e1_other_sizes.py::test_seven_units",
    "tests/unit/billing/test_h2_months.py::test_april",
    "tests/unit/billing/test_h2_months.py::test_march",
    "tests/unit/compute/test_e1_rule.py::test_full[0]",
    "tests/unit/compute/test_e1_rule.py::test_full[4]",
]


def test_a_fresh_clone_runs_nothing_again(reference: Reference, measured_folder: Path, ran: list[list[str]]) -> None:
    # Given a catalogue that was measured elsewhere, and no state folder
    before = {path.name: path.read_bytes() for path in measured_folder.glob("*.json*")}
    assert not reference.state.exists()
    # When it is verified, Then nothing runs and nothing is written anew
    reports: list[Report] = []
    verifier(reference, measured_folder, reports).verify()
    assert (ran, [report.ran for report in reports]) == ([], [0] * 5)
    assert {path.name: path.read_bytes() for path in measured_folder.glob("*.json*")} == before


def test_a_fresh_clone_runs_only_what_a_change_can_touch(
    reference: Reference, measured_folder: Path, ran: list[list[str]]
) -> None:
    # When a function changes that one bug edits, Then only its tests run; with that bug it is what it was before
    change(reference, CAPACITY, "return max(0, used - freed)", "return max(0, 0 + used - freed)")
    patch = next(measured_folder.glob("*/E9.patch"))
    patch.write_text(patch.read_text().replace("-    return max(0, used", "-    return max(0, 0 + used"))
    verifier(reference, measured_folder, []).verify(["E1", "E9", "H2"])
    assert ran == [RELEASE]
    # And the manifest tells of a bug that wasn't asked for whether it was measured on this reference
    digest = Reference(reference.root).digest
    told = {bug_id: item.reference == digest for bug_id, item in load_manifest(measured_folder).bugs.items()}
    assert told == {"L1": False, "E1": True, "E9": True, "H2": True}
    # When it is asked for, Then it runs its pairs with these tests and no others
    ran.clear()
    verifier(reference, measured_folder, []).verify()
    assert ran == [RELEASE]


def test_pairs_that_a_change_leaves_alone_survive_several_changes(
    reference: Reference, measured_folder: Path, ran: list[list[str]]
) -> None:
    # Given a change that touches E1's pairs, and one that doesn't; E1 is measured after neither
    change(reference, CAPACITY, "return used + wanted <= capacity", "return 0 + used + wanted <= capacity")
    verifier(reference, measured_folder, []).verify(["H2"])
    change(reference, CAPACITY, "return sum(claims)", "return 0 + sum(claims)")
    patch = next(measured_folder.glob("*/E1.patch"))
    patch.write_text(patch.read_text().replace("used + wanted", "0 + used + wanted"))
    ran.clear()
    # When it is measured, Then exactly the touched pairs run
    verifier(reference, measured_folder, []).verify(["E1"])
    own = [test_id for test_id in HELD_OUT_TESTS if "test_e1_" in test_id]
    assert ran == [["tests/unit/compute/test_capacity.py::test_total"], sorted([*FITS, *own])]


def test_after_the_limit_no_further_bug_is_begun(
    reference: Reference, catalogue_folder: Path, ran: list[list[str]]
) -> None:
    verifier(reference, catalogue_folder, []).verify(["E9"])
    # When time is up before the first bug
    late = verifier(reference, catalogue_folder, [], limit_seconds=0.0)
    reports = late.verify(["E1", "E9"])
    # Then what is left is told, and what is known is told, too
    assert (late.left, [report.bug for report in reports]) == (["E1"], ["", "E9"])
    # And the next one goes on with it
    ran.clear()
    verifier(reference, catalogue_folder, []).verify(["E1", "E9"])
    assert ran == [FITS]


def test_bugs_come_by_the_number_of_tests_that_they_can_touch(
    reference: Reference, measured_folder: Path, ran: list[list[str]]
) -> None:
    (measured_folder / NAME).unlink()
    (measured_folder / "manifest.json").unlink()
    reports: list[Report] = []
    verifier(reference, measured_folder, reports).verify()
    assert [report.bug for report in reports] == ["", "E9", "H2", "E1", "L1"]


def test_without_a_ledger_the_manifest_of_this_very_reference_is_believed(
    reference: Reference, measured_folder: Path, ran: list[list[str]]
) -> None:
    # Then only held-out tests run, of which it doesn't know what they reach
    (measured_folder / NAME).unlink()
    verifier(reference, measured_folder, []).verify()
    assert ran == [HELD_OUT_TESTS, HELD_OUT_TESTS[1:3], [HELD_OUT_TESTS[0], *HELD_OUT_TESTS[3:]]]
    ran.clear()
    # Then there is one, and a change runs no more than with one
    change(reference, CAPACITY, "return sum(claims)", "return 0 + sum(claims)")
    verifier(reference, measured_folder, []).verify(["E1", "E9", "H2"])
    assert ran == [["tests/unit/compute/test_capacity.py::test_total"]]


def test_a_ledger_of_another_map_is_not_believed(
    reference: Reference, measured_folder: Path, ran: list[list[str]]
) -> None:
    # Given a map from elsewhere, and a reference that isn't the measured one
    known = load_map(measured_folder)
    save_map(type(known)(known.recording, {}), measured_folder)
    change(reference, CAPACITY, "return sum(claims)", "return 0 + sum(claims)")
    assert Ledger.load(Reference(reference.root), measured_folder).reference is None
    # Then the whole reference runs, held-out tests and all
    verifier(reference, measured_folder, []).verify(["H2"])
    assert len(ran[0]) == 11 + len(HELD_OUT_TESTS)


@pytest.mark.parametrize(
    "content",
    [b"", b"no ledger", gzip.compress(b"{}", mtime=0), gzip.compress(b'{"format": 1}', mtime=0)],
    ids=["nothing", "no-archive", "no-format", "another-format"],
)
def test_a_ledger_that_cannot_be_read_is_none(reference: Reference, measured_folder: Path, content: bytes) -> None:
    (measured_folder / NAME).write_bytes(content)
    change(reference, CAPACITY, "return sum(claims)", "return 0 + sum(claims)")
    assert Ledger.load(Reference(reference.root), measured_folder).reference is None


def test_a_record_comes_back_as_it_was_kept(reference: Reference, measured_folder: Path) -> None:
    manifest = load_manifest(measured_folder)
    ledger = Ledger.load(reference, measured_folder, all_files(load_held_out(measured_folder / "held_out")))
    records = {bug_id: ledger.bug(bug_id, manifest) for bug_id in manifest.bugs}
    before = (measured_folder / NAME).read_bytes()
    # When all of it is kept again, Then it is the same, byte for byte
    assert ledger.reference is not None
    ledger.set_reference(ledger.reference, {bug_id: record for bug_id, record in records.items() if record})
    assert (measured_folder / NAME).read_bytes() == before
    assert len(records) == 4
    assert all(records.values())
    # And it holds no line of the platform
    text = gzip.decompress(before).decode()
    assert "used - freed" not in text
    assert set(json.loads(text)["bugs"]) == set(manifest.bugs)


def test_another_clone_makes_the_same_ledger(reference: Reference, measured_folder: Path, tmp_path: Path) -> None:
    # Given the same change in two clones
    other = tmp_path / "other"
    shutil.copytree(measured_folder, other)
    change(reference, "services/billing/proration.py", "return 30 if", "return 0 + 30 if")
    for folder in (measured_folder, other):
        verifier(reference, folder, []).verify(["E1"])
    # Then what they know of trees and tests is the same
    one, two = (json.loads(gzip.decompress((folder / NAME).read_bytes())) for folder in (measured_folder, other))
    assert one["files"] == two["files"]
    assert {bug_id: item["tests"] for bug_id, item in one["bugs"].items()} == {
        bug_id: item["tests"] for bug_id, item in two["bugs"].items()
    }


def test_a_named_bug_is_measured_afresh_without_the_reference(
    reference: Reference, measured_folder: Path, ran: list[list[str]]
) -> None:
    reports: list[Report] = []
    verifier(reference, measured_folder, reports, fresh=True).verify(["H2"])
    assert [(report.bug, report.ran > 0, report.seconds > 0) for report in reports] == [
        ("", False, False),
        ("H2", True, True),
    ]
