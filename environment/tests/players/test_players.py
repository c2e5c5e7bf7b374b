"""The players on the real platform: floor, ceiling, tiers, masking, regression.

They judge by unit tests, which need no fleet, and of these by some that each bug fails and a part of the others: every
grading runs each of its tests twice, and there are many gradings. `OMNICLOUD_PLAYER_CATEGORIES` names test categories
that are taken whole (between commas, or `all`: that takes a fleet a grading, and hours), `OMNICLOUD_PLAYER_BUGS` a
smaller set of bugs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.families import CHAIN
from environment.bugs.graph import order
from environment.bugs.manifest import CATEGORIES, Standing, load_manifest, manifest_path
from environment.grading.grade import Grader, default_grader
from environment.reward.bug_status import BugStatus
from environment.reward.failures import failure_causes
from environment.reward.score import Score
from environment.tests.players.play import fix
from environment.verification.checks import check
from environment.workspace.make import make_workspace
from environment.workspace.reference import default_reference

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(not manifest_path().is_file(), reason="the catalogue isn't measured: `omnicloud bugs verify`"),
]


TRIGGERS_OF_A_BUG = 6
"""So many of the unit tests that a bug fails."""
OF_THE_OTHERS = 40
"""Beside them one in so many unit tests."""


def words(name: str, default: list[str]) -> list[str]:
    text = os.environ.get(name, "")
    return [word.strip() for word in text.split(",") if word.strip()] or default


def judges(grader: Grader) -> frozenset[str]:
    """The tests to judge by."""
    chosen = words("OMNICLOUD_PLAYER_CATEGORIES", [])
    if chosen:
        wanted = list(CATEGORIES) if chosen == ["all"] else chosen
        return frozenset(test_id for test_id, info in grader.tests.items() if info.category in wanted)
    unit = sorted(test_id for test_id, info in grader.tests.items() if info.category == "unit")
    found = set(unit[::OF_THE_OTHERS])
    for item in grader.manifest.bugs.values():
        found.update(sorted(set(item.triggers) & set(unit))[:TRIGGERS_OF_A_BUG])
    return frozenset(found)


@pytest.fixture
def real_grader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grader:
    """A grader of this repository, restricted to the chosen tests, with a state folder of its own."""
    monkeypatch.setenv("OMNICLOUD_STATE", str(tmp_path / "state"))
    grader = default_grader()
    grader.only = judges(grader)
    return grader


def chosen_bugs(grader: Grader) -> list[str]:
    """The bugs to play with: those of the measured catalogue that fail tests of the chosen categories."""
    named = [grader.catalogue[bug_id] for bug_id in words("OMNICLOUD_PLAYER_BUGS", list(grader.catalogue))]
    today = [bug for bug in named if grader.manifest.standing(bug, grader.manifest.reference) is Standing.TODAY]
    measured = {bug.id: grader.manifest.bugs[bug.id] for bug in today}
    return [bug_id for bug_id, item in measured.items() if set(item.triggers) & set(grader.tests)]


def measured_chain(catalogue: Catalogue, ids: list[str]) -> list[str]:
    """The part of the promised chain that is measured."""
    found = [bug_id for bug_id in CHAIN if bug_id in catalogue and bug_id in ids]
    if len(found) < 2:
        pytest.skip(f"{len(found)} links of the chain are measured: `omnicloud bugs verify {' '.join(CHAIN)}`")
    return found


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


def test_the_manifest_is_of_bugs_of_the_catalogue_and_what_is_not_measured_is_told() -> None:
    catalogue, manifest, reference = load_catalogue(), load_manifest(), default_reference()
    assert set(manifest.bugs) <= set(catalogue)
    told = {finding.bug: finding.text for finding in check(catalogue, reference, manifest) if finding.bug}
    for bug in catalogue.values():
        standing = manifest.standing(bug, reference.digest)
        assert ("isn't measured" in told.get(bug.id, "")) == (standing is Standing.NOT), bug.id
        assert ("on an older reference" in told.get(bug.id, "")) == (standing is Standing.EARLIER), bug.id
