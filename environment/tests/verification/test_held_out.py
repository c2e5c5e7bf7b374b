"""Held-out tests are measured like all others, each with its own bug, and are no part of what others read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue
from environment.bugs.held_out import load_held_out
from environment.bugs.manifest import HeldOutMeasurement, Manifest, load_manifest
from environment.reach.map_file import load_map
from environment.tests.verification.test_verify import FITS, change, ran, verifier
from environment.verification.checks import check
from environment.verification.verify import Report
from environment.workspace.reference import Reference

__all__ = ["ran"]
RULE = "tests/unit/compute/test_e1_rule.py"
SIZES = "tests/integration/compute/test_e1_other_sizes.py"
MONTHS = "tests/unit/billing/test_h2_months.py"
OWN = [f"{SIZES}::test_seven_units", f"{RULE}::test_full[0]", f"{RULE}::test_full[4]"]


def held_out_of(manifest: Manifest, bug_id: str) -> HeldOutMeasurement:
    measured = manifest.bugs[bug_id].held_out
    assert measured is not None
    return measured


def test_the_manifest_says_which_fail_with_their_bug(measured: Manifest, measured_folder: Path) -> None:
    assert held_out_of(measured, "E1").tests == dict.fromkeys(OWN, True)
    assert held_out_of(measured, "H2").tests == {f"{MONTHS}::test_april": False, f"{MONTHS}::test_march": True}
    assert measured.bugs["L1"].held_out is None
    # And neither the visible tests nor the map know of them
    assert len(measured.tests) == 11
    assert load_map(measured_folder).tests_known == set(measured.tests)
    assert not any("test_e1" in test_id for item in measured.bugs.values() for test_id in item.triggers)


def test_only_those_of_one_bug_run_with_it(reference: Reference, measured_folder: Path, ran: list[list[str]]) -> None:
    verifier(reference, measured_folder, [], fresh=True).verify(["L1", "E1"])
    assert ran == [sorted([*FITS, *OWN]), sorted(load_manifest(measured_folder).tests)]
    ran.clear()
    verifier(reference, measured_folder, [], fresh=True).verify()
    assert ran[0] == sorted(
        [*load_manifest(measured_folder).tests, *OWN, f"{MONTHS}::test_april", f"{MONTHS}::test_march"]
    )


def test_a_changed_one_runs_alone(reference: Reference, measured_folder: Path, ran: list[list[str]]) -> None:
    file = measured_folder / "held_out/unit/compute/test_e1_rule.py"
    file.write_text(file.read_text().replace("[0, 4]", "[0, 6]"))
    verifier(reference, measured_folder, []).verify()
    assert ran == [[f"{RULE}::test_full[0]", f"{RULE}::test_full[6]"]] * 2
    found = held_out_of(load_manifest(measured_folder), "E1")
    assert found.files == load_held_out(measured_folder / "held_out")["E1"].digest
    assert set(found.tests) == {OWN[0], f"{RULE}::test_full[0]", f"{RULE}::test_full[6]"}


def test_a_change_of_the_platform_runs_those_that_reach_it(
    reference: Reference, measured_folder: Path, ran: list[list[str]]
) -> None:
    change(reference, "services/billing/proration.py", "return 30 if", "return 0 + 30 if")
    patch = next(measured_folder.glob("*/H2.patch"))
    patch.write_text(patch.read_text().replace("-    return 30 if", "-    return 0 + 30 if"))
    verifier(reference, measured_folder, []).verify(["H2", "E1"])
    reach = [f"{MONTHS}::test_april", f"{MONTHS}::test_march"]
    assert ran == [
        sorted([*reach, *(f"tests/unit/billing/test_proration.py::test_{m}" for m in ("february", "january"))])
    ]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("    assert fits(1, 1, 4)\n", "fails none of its held-out tests"),
        ("    assert not fits(0, 4, 4)\n", "held-out, but fails on the reference or can't fail: {}"),
        ("    return\n    assert fits(0, 4, 4)\n", "held-out, but fails on the reference or can't fail: {}"),
    ],
)
def test_one_that_tells_nothing_is_a_problem_of_its_bug_alone(
    reference: Reference, measured_folder: Path, body: str, problem: str
) -> None:
    # Given a bug that has only this one
    for file in (measured_folder / "held_out").rglob("test_e1_*.py"):
        file.unlink()
    file = measured_folder / "held_out/unit/compute/test_e1_new.py"
    file.write_text(f"from services.compute.capacity import fits\n\n\ndef test_new():\n{body}")
    # Then it is told of this bug, each time
    for _ in range(2):
        reports: list[Report] = []
        verifier(reference, measured_folder, reports).verify(["E9", "E1"])
        told = {report.bug: report.problems for report in reports}
        test_id = "tests/unit/compute/test_e1_new.py::test_new"
        assert (told["E9"], set(told[""]) <= {f"held-out, but fails on the reference: {test_id}"}) == ((), True)
        assert problem.format(test_id) in told["E1"]


def test_checks_tell_of_held_out_tests(
    reference: Reference, catalogue: Catalogue, measured: Manifest, measured_folder: Path
) -> None:
    held_out = load_held_out(measured_folder / "held_out")

    def told(manifest: Manifest | None = measured) -> list[str]:
        found = check(catalogue, reference, manifest, load_held_out(measured_folder / "held_out"))
        return [f"{finding.bug}: {finding.text}" for finding in found if finding.error]

    assert told() == []
    # Given one of no bug, one that hides a visible test, one that is no Python, and a bug that fails none of its own
    places = ("unit/compute/test_a1_new.py", "unit/compute/test_e9_capacity.py", "unit/compute/test_e9_rubbish.py")
    for place in places:
        (measured_folder / "held_out" / place).write_text("def (" if "rubbish" in place else "")
    (reference.root / "tests" / places[1]).write_text("")
    passing = HeldOutMeasurement(held_out["H2"].digest, {"tests/unit/billing/test_h2_months.py::test_march": False})
    bugs = {**measured.bugs, "H2": replace(measured.bugs["H2"], held_out=passing)}
    reference.__dict__.pop("files", None)
    found = told(replace(measured, reference=reference.digest, bugs=bugs))
    assert "A1: has held-out tests, but no patch" in found
    assert f"E9: a held-out test has the place of a visible one: tests/{places[1]}" in found
    assert any(text.startswith(f"E9: held out, tests/{places[2]} can't be read") for text in found)
    assert "H2: fails none of its held-out tests" in found
