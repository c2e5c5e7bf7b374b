"""Verification by reach is compared with runs of everything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environment.bugs.catalogue import Catalogue
from environment.bugs.errors import SelectionError
from environment.bugs.manifest import Manifest, Measurement
from environment.grading.runner import Options
from environment.verification.audit import Auditor, sample
from environment.workspace.reference import Reference


@pytest.mark.parametrize("bug_id", ["E1", "L1"])
def test_a_right_measurement_shows_no_difference(
    reference: Reference, catalogue: Catalogue, measured: Manifest, bug_id: str
) -> None:
    difference = Auditor(reference, Options(twins=False)).audit(catalogue[bug_id], measured)
    assert not difference
    assert difference.text() == f"audit {bug_id:<4} 11 tests: no difference"


def test_a_wrong_measurement_is_told_both_ways(reference: Reference, catalogue: Catalogue, measured: Manifest) -> None:
    right = measured.bugs["E9"]
    added = "tests/unit/billing/test_proration.py::test_january"
    wrong = replace(measured, bugs={"E9": replace(right, triggers=(*right.triggers[1:], added))})
    difference = Auditor(reference, Options(twins=False)).audit(catalogue["E9"], wrong)
    assert (difference.missed, difference.unseen) == (right.triggers[:1], (added,))
    assert f"! fails in full, is no trigger: {right.triggers[0]}" in difference.text()
    assert f"! is a trigger, passes in full: {added}" in difference.text()


BUGS = ["L1", "A1", "B1", "C1", "E1"]


@given(st.integers(0, 7), st.integers(0, 3))
def test_a_sample_is_the_same_for_everybody_and_in_order(count: int, seed: int) -> None:
    manifest = Manifest("digest")
    drawn = sample(manifest, BUGS, str(count), seed)
    assert drawn == sample(manifest, BUGS, str(count), seed)
    assert drawn == [bug_id for bug_id in BUGS if bug_id in drawn]
    assert len(drawn) == min(count, len(BUGS))


def test_samples_go_around() -> None:
    manifest = Manifest("digest")
    assert {tuple(sample(manifest, BUGS, "1", seed)) for seed in range(60)} == {(bug_id,) for bug_id in BUGS}
    changed = [Manifest("digest", bugs={"A1": Measurement("p", str(turn), ())}) for turn in range(60)]
    assert {tuple(sample(other, BUGS, "1")) for other in changed} == {(bug_id,) for bug_id in BUGS}
    assert sample(manifest, BUGS, "all") == BUGS
    with pytest.raises(SelectionError, match="a number or 'all'"):
        sample(manifest, BUGS, "some")
