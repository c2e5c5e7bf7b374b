"""The players on the fake platform: floor, ceiling, tiers, masking, regression."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from environment.grading.grade import Grader
from environment.reward.bug_status import BugStatus
from environment.reward.score import Score
from environment.tests.players.play import fix
from environment.workspace.episode import load_episode
from environment.workspace.make import make_workspace


@pytest.fixture
def workspace(grader: Grader, tmp_path: Path) -> Path:
    """A workspace with all four bugs."""
    make_workspace(grader.reference, list(grader.catalogue.values()), tmp_path / "workspace")
    return tmp_path / "workspace"


def statuses(result: Score) -> dict[str, BugStatus]:
    return {bug.id: bug.status for bug in result.bugs}


def test_nop_stays_at_the_floor(grader: Grader, workspace: Path) -> None:
    result = grader.grade(workspace)
    assert (result.total, result.reward, result.solved, result.tier) == (0, 0, 0, 0)


def test_oracle_gets_the_full_score(grader: Grader, workspace: Path) -> None:
    fix(workspace, grader.reference, grader.catalogue, grader.catalogue, grader.catalogue)
    result = grader.grade(workspace)
    assert (result.rate, result.solved, result.void) == (1, 1, "")
    # Two services have tests here; the other thirteen bonuses can't be earned.
    assert result.total == 1 + 2 * Fraction("0.015") + Fraction("0.10") + Fraction("0.05")
    assert set(statuses(result).values()) == {BugStatus.FIXED}


def test_in_dependency_order_every_fix_shows(grader: Grader, workspace: Path) -> None:
    present = list(grader.catalogue)
    totals = [grader.grade(workspace).total]
    for bug_id in list(present):
        fix(workspace, grader.reference, grader.catalogue, present, [bug_id])
        present.remove(bug_id)
        totals.append(grader.grade(workspace).total)
    assert totals == sorted(totals)
    assert len(set(totals)) > 2
    assert load_episode(grader.reference, workspace).scores == tuple(map(str, [Fraction(0), *totals]))


def test_in_the_wrong_order_a_fix_is_masked(grader: Grader, workspace: Path) -> None:
    # When E1 is repaired while L1 hides everything
    fix(workspace, grader.reference, grader.catalogue, grader.catalogue, ["E1"])
    # Then nothing is gained, and its state can't be told
    result = grader.grade(workspace)
    assert result.total == 0
    assert statuses(result)["L1"] is BugStatus.NOT_FIXED
    assert statuses(result)["E1"] is BugStatus.MASKED
    # When L1 is repaired too, Then E1's fix shows
    fix(workspace, grader.reference, grader.catalogue, ["L1", "E9", "H2"], ["L1"])
    result = grader.grade(workspace)
    assert statuses(result) == {
        "L1": BugStatus.FIXED,
        "E1": BugStatus.FIXED,
        "E9": BugStatus.NOT_FIXED,
        "H2": BugStatus.NOT_FIXED,
    }


def test_breaking_again_what_passed_costs_the_penalty(grader: Grader, workspace: Path) -> None:
    # Given a solved workspace that was graded
    solved = "services/billing/proration.py"
    fix(workspace, grader.reference, grader.catalogue, grader.catalogue, grader.catalogue)
    full = grader.grade(workspace)
    # When one test fails again
    (workspace / solved).write_text("def days(month): return 31 if month == 1 else 0\n")
    broken = grader.grade(workspace)
    # Then the penalty is taken, and given back with the repair
    assert broken.regressions == ("tests/unit/billing/test_proration.py::test_february",)
    assert broken.total == broken.tier + broken.bonus - Fraction("0.20")
    (workspace / solved).write_bytes(grader.reference.files[solved])
    assert grader.grade(workspace).total == full.total


def test_a_single_bug_is_paid_only_for_what_it_changes(grader: Grader, tmp_path: Path) -> None:
    # Given a workspace with one bug of billing
    make_workspace(grader.reference, [grader.catalogue["H2"]], tmp_path / "single")
    # When nothing is done, Then what passes anyway isn't paid
    untouched = grader.grade(tmp_path / "single")
    assert (untouched.reward, untouched.bonus) == (0, 0)
    assert untouched.baseline.bonuses == {"service:compute", "chaos", "infrastructure_state"}
    # When it is repaired, Then the tier and the service's bonus are
    fix(tmp_path / "single", grader.reference, grader.catalogue, ["H2"], ["H2"])
    solved = grader.grade(tmp_path / "single")
    assert solved.total == solved.maximum == 1 + Fraction("0.015")
    assert solved.reward == 1 + Fraction("0.015") - untouched.tier
