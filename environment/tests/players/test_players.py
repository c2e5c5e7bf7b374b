"""The players on the real platform: floor, ceiling, tiers, masking, regression.

They judge by the unit tests, which need no fleet. `OMNICLOUD_PLAYER_CATEGORIES` names other test categories (between
commas, or `all`: that takes a fleet a grading, and hours), `OMNICLOUD_PLAYER_BUGS` a smaller set of bugs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.families import CHAIN
from environment.bugs.graph import order
from environment.bugs.manifest import CATEGORIES, load_manifest, manifest_path
from environment.grading.grade import Grader, default_grader
from environment.reward.failures import failure_causes
from environment.reward.score import BugStatus, Score
from environment.tests.players.play import fix
from environment.workspace.make import make_workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(not manifest_path().is_file(), reason="the catalogue isn't measured: `omnicloud bugs verify`"),
]


def words(name: str, default: list[str]) -> list[str]:
    text = os.environ.get(name, "")
    return [word.strip() for word in text.split(",") if word.strip()] or default


def categories() -> list[str]:
    """The test categories to judge by."""
    chosen = words("OMNICLOUD_PLAYER_CATEGORIES", ["unit"])
    return list(CATEGORIES) if chosen == ["all"] else chosen


@pytest.fixture
def real_grader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grader:
    """A grader of this repository, restricted to the chosen categories, with a state folder of its own."""
    monkeypatch.setenv("OMNICLOUD_STATE", str(tmp_path / "state"))
    grader = default_grader()
    chosen = categories()
    if len(chosen) < len(CATEGORIES):
        grader.only = frozenset(test_id for test_id, info in grader.tests.items() if info.category in chosen)
    return grader


def chosen_bugs(grader: Grader) -> list[str]:
    """The bugs to play with: those of the measured catalogue that fail tests of the chosen categories."""
    measured = grader.manifest.bugs
    ids = [bug_id for bug_id in words("OMNICLOUD_PLAYER_BUGS", list(grader.catalogue)) if bug_id in measured]
    return [bug_id for bug_id in ids if set(measured[bug_id].triggers) & set(grader.tests)]


def measured_chain(catalogue: Catalogue, ids: list[str]) -> list[str]:
    """The part of the promised chain that is there."""
    return [bug_id for bug_id in CHAIN if bug_id in catalogue and bug_id in ids]


def make(grader: Grader, ids: list[str], folder: Path) -> Path:
    make_workspace(grader.reference, [grader.catalogue[bug_id] for bug_id in ids], folder)
    return folder


def statuses(result: Score) -> dict[str, BugStatus]:
    return {bug.id: bug.status for bug in result.bugs}


def test_nop_stays_at_the_floor(real_grader: Grader, tmp_path: Path) -> None:
    workspace = make(real_grader, chosen_bugs(real_grader), tmp_path / "w")
    result = real_grader.grade(workspace)
    assert (result.reward, result.bonus, result.penalty, result.solved) == (0, 0, 0, 0)
    assert result.tier == 0 or len(chosen_bugs(real_grader)) < len(real_grader.catalogue)
    # And what keeps everything from running is told once
    told = failure_causes(result.failures)
    assert sum(cause.count for cause in told) == len(result.failures)
    assert len(told) == 1 or result.passed


def test_oracle_gets_the_full_score(real_grader: Grader, tmp_path: Path) -> None:
    ids = chosen_bugs(real_grader)
    workspace = make(real_grader, ids, tmp_path / "w")
    fix(workspace, real_grader.reference, real_grader.catalogue, ids, ids)
    result = real_grader.grade(workspace)
    assert (result.void, result.failures, result.solved) == ("", {}, 1)
    assert result.total == result.maximum
    assert set(statuses(result).values()) == {BugStatus.FIXED}


def test_a_chain_is_repaired_link_by_link(real_grader: Grader, tmp_path: Path) -> None:
    chain = measured_chain(real_grader.catalogue, chosen_bugs(real_grader))
    workspace = make(real_grader, chain, tmp_path / "w")
    totals = [real_grader.grade(workspace).total]
    left = list(chain)
    for bug_id in chain:
        fix(workspace, real_grader.reference, real_grader.catalogue, left, [bug_id])
        left.remove(bug_id)
        result = real_grader.grade(workspace)
        totals.append(result.total)
        found = statuses(result)
        assert all(found[fixed] is BugStatus.FIXED for fixed in chain if fixed not in left), (bug_id, found)
        assert not result.regressions, (bug_id, result.regressions)
        # The next link shows itself; those behind it are hidden or show themselves, but none is repaired.
        assert all(found[other] is not BugStatus.FIXED for other in left), (bug_id, found)
    assert totals == sorted(totals)


def test_the_last_link_first_gains_nothing(real_grader: Grader, tmp_path: Path) -> None:
    chain = measured_chain(real_grader.catalogue, chosen_bugs(real_grader))
    workspace = make(real_grader, chain, tmp_path / "w")
    before = real_grader.grade(workspace)
    fix(workspace, real_grader.reference, real_grader.catalogue, chain, [chain[-1]])
    after = real_grader.grade(workspace)
    assert (after.total, after.passed) == (before.total, before.passed)
    assert statuses(after)[chain[-1]] is BugStatus.MASKED


def test_breaking_again_what_was_repaired_costs_the_penalty(real_grader: Grader, tmp_path: Path) -> None:
    # Given a repaired bug that hides no other
    last = order({bug_id: real_grader.catalogue[bug_id] for bug_id in chosen_bugs(real_grader)})[-1]
    workspace = make(real_grader, [last], tmp_path / "w")
    broken = {path: (workspace / path).read_bytes() for path in real_grader.catalogue[last].paths}
    fix(workspace, real_grader.reference, real_grader.catalogue, [last], [last])
    solved = real_grader.grade(workspace)
    # When the workspace goes back to what it was
    for path, content in broken.items():
        (workspace / path).write_bytes(content)
    again = real_grader.grade(workspace)
    # Then the score falls below the untouched one by the penalty
    assert solved.total == solved.maximum
    assert set(again.regressions) == set(real_grader.manifest.bugs[last].triggers) & set(real_grader.tests)
    assert again.reward == again.penalty < 0


def test_the_measured_catalogue_is_whole() -> None:
    assert set(load_manifest().bugs) == set(load_catalogue())
