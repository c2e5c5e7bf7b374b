"""Tests that no narrow bug fails, and what they notice when they are asked."""

from __future__ import annotations

import random

from environment.bugs.manifest import Manifest, Measurement, TestInfo
from environment.grading.runner import Options
from environment.mutants.trial import Trial
from environment.mutants.unproven import Asker, Heed, lines, to_document, unproven
from environment.reach.reach_map import ReachMap
from environment.reach.recording import TestReach
from environment.tests.affected.conftest import BILLING, BORDERS, CAPACITY, CLAIMS, UNIT
from environment.workspace.reference import Reference

TOTAL, FITS = f"{UNIT}::test_total", f"{UNIT}::test_what_fits[1]"


def asker(reference: Reference, reach_map: ReachMap, tries: int = 8, live_seconds: float = 60.0) -> Asker:
    return Asker(reach_map, Trial(reference.files, Options(twins=False)), tries, live_seconds)


def test_bugs_that_fail_much_of_the_suite_prove_nothing() -> None:
    tests = {f"tests/unit/x/test_y.py::test_{number}": TestInfo("unit", ("x",)) for number in range(10)}
    ids = list(tests)
    bugs = {"L1": Measurement("", "", tuple(ids)), "A1": Measurement("", "", (ids[0],))}
    manifest = Manifest("", tests, bugs)
    assert unproven(manifest) == ids[1:]
    assert unproven(manifest, share=1.0) == []


def test_a_test_is_asked_about_what_hardly_any_other_reaches(reference: Reference, reach_map: ReachMap) -> None:
    # Given a test that reaches `fits`, as five others do, and `total`, as one other does
    asked = list(asker(reference, reach_map).mutants(FITS, random.Random(0)))
    # Then `total` is mutated first, and each function again once all were
    functions = [mutant.change.function for mutant in asked]
    assert functions[:2] == [f"{CAPACITY}::total", f"{CAPACITY}::fits"]
    assert functions.count(f"{CAPACITY}::total") == 1
    assert functions.count(f"{CAPACITY}::fits") > 1


def test_a_test_that_notices_a_mutant_says_which(reference: Reference, reach_map: ReachMap) -> None:
    (found,) = asker(reference, reach_map).ask([TOTAL])
    assert (found.heed, found.tried) == (Heed.NOTICED, 1)
    assert found.mutant is not None
    assert found.mutant.change.after == "return None"
    assert f"noticed: {TOTAL}" in lines(found)
    document = to_document(0, "abc", [TOTAL], [found])
    assert document["sample"][0]["mutant"] == f"{CAPACITY}::total: return sum(claims) -> return None"


def test_a_test_that_notices_nothing_is_told(reference: Reference, reach_map: ReachMap) -> None:
    # Given a test of which the map says that it reaches something else than it does
    bit = 1 << list(reach_map.names).index(f"{CAPACITY}::total")
    reach_map.recording.tests[f"{BILLING}::test_january"] = TestReach(bit, 0.1)  # type: ignore[index]
    (found,) = asker(reference, reach_map).ask([f"{BILLING}::test_january"])
    assert (found.heed, found.tried) == (Heed.UNNOTICED, 1)


def test_a_live_test_is_asked_within_the_limit(reference: Reference, reach_map: ReachMap) -> None:
    claim, border = f"{CLAIMS}::test_a_claim_up_to_the_last_unit", f"{BORDERS}::test_a_claim_beyond_the_last_unit"
    found = asker(reference, reach_map, live_seconds=0.5).ask([claim, border])
    assert [item.heed for item in found] == [Heed.LEFT, Heed.NOTICED]


def test_a_test_that_reaches_no_function_is_told(reference: Reference, reach_map: ReachMap) -> None:
    (found,) = asker(reference, reach_map).ask([f"{UNIT}::test_of_a_constant"])
    assert (found.heed, found.tried) == (Heed.NOWHERE, 0)
