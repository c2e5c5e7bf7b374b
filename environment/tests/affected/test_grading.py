"""A grading runs affected tests first, says what they say, and comes to the same verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from environment.affected.grading import AffectedFirst
from environment.bugs.catalogue import Catalogue
from environment.grading.grade import Grader
from environment.grading.results import Outcome
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import CAPACITY
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference


@pytest.fixture
def workspace(reference: Reference, catalogue: Catalogue, tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    make_workspace(reference, [catalogue["E1"], catalogue["H2"]], folder)
    return folder


def test_affected_tests_come_first_and_the_verdict_stays(
    grader: Grader, reach_map: ReachMap, workspace: Path, reference: Reference
) -> None:
    # Given a workspace of two bugs, one of them repaired
    (workspace / CAPACITY).write_bytes(reference.files[CAPACITY])
    said: list[str] = []
    order: list[str] = []
    first = AffectedFirst(reach_map, reach_map.tests_known, said.append)

    def decided(test_id: str, outcome: Outcome) -> None:
        order.append(test_id)
        first.decided(test_id, outcome)

    affected: list[str] = []

    def ordered(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Sequence[str]:
        order.clear()  # The untouched workspace was measured until now.
        affected.extend(first.order(before, after))
        return affected

    # When it is graded with the affected tests first (without twins: with them there are two unit processes at a time)
    options = replace(grader.options, twins=False)
    result = replace(grader, on_decided=decided, order=ordered, options=options).grade(workspace)
    # Then these came first in each process, although everything ran
    assert set(order) == set(grader.tests)
    unit = [test_id for test_id in order if test_id.startswith("tests/unit/")]
    live = [test_id for test_id in order if not test_id.startswith("tests/unit/")]
    for ran in (unit, live):
        reached = [test_id in affected for test_id in ran]
        assert reached == sorted(reached, reverse=True)
    # And it was told before the end what is known
    assert said[:2] == [
        "5 tests can be touched by 1 edit; they run first.",
        "All 5 tests that can be touched by your edits passed. The rest runs: it decides.",
    ]
    # And the verdict is that of a grading without an order
    assert replace(grader, order=None).grade(workspace).failures.keys() == result.failures.keys()


def test_failures_are_named_up_to_a_few(reach_map: ReachMap, reference: Reference) -> None:
    said: list[str] = []
    first = AffectedFirst(reach_map, reach_map.tests_known, said.append)
    content = reference.files[CAPACITY]
    edited = content.replace(b"<=", b"<").replace(b"max(0", b"max(1")
    ids = first.order({CAPACITY: content}, {CAPACITY: edited})
    for test_id in ids:
        first.decided(test_id, Outcome.FAILED)
        first.decided(test_id, Outcome.FAILED)
    assert said[0] == f"{len(ids)} tests can be touched by 2 edits; they run first."
    assert said[1] == (
        f"{len(ids)} of {len(ids)} tests that can be touched by your edits didn't pass. The rest runs: it decides."
    )
    assert said[2:] == [*(f"  ✗ {test_id}" for test_id in ids[:5]), f"  … and {len(ids) - 5} more"]


def test_where_everything_can_be_touched_nothing_is_told(reach_map: ReachMap) -> None:
    said: list[str] = []
    first = AffectedFirst(reach_map, reach_map.tests_known, said.append)
    ids = first.order({"docker-compose.yml": b"a: 1\n"}, {"docker-compose.yml": b"a: 2\n"})
    for test_id in ids:
        first.decided(test_id, Outcome.PASSED)
    assert set(ids) == reach_map.tests_known
    assert said == []
