"""Which tests run, and which of them first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from environment.affected.order import choose, shares, telling_first
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import BILLING, BORDERS, CAPACITY, CLAIMS, UNIT
from environment.workspace.reference import Reference


def edited(reference: Reference, path: str, old: str, new: str) -> dict[str, bytes]:
    content = reference.files[path].decode()
    assert content.count(old) == 1
    return {path: content.replace(old, new).encode()}


def test_unit_tests_first_then_who_reaches_little_else_then_the_cheap(
    reach_map: ReachMap, reference: Reference
) -> None:
    choice = choose(reach_map, reference.files, {**reference.files, **edited(reference, CAPACITY, "<=", "<")})
    assert choice.tests == (
        f"{UNIT}::test_what_does_not_fit",
        f"{UNIT}::test_what_fits[2]",
        f"{UNIT}::test_what_fits[1]",
        f"{BORDERS}::test_a_claim_beyond_the_last_unit",
        f"{CLAIMS}::test_a_claim_up_to_the_last_unit",
    )
    assert (len(choice.unit), len(choice.live), choice.modules) == (3, 2, ())
    assert choice.seconds == pytest.approx(2.1)
    assert not choice.selection.everything


def test_an_edited_test_module_runs_as_a_whole(reach_map: ReachMap, reference: Reference) -> None:
    changed = edited(reference, BILLING, "== 28", "== 29")
    choice = choose(reach_map, reference.files, {**reference.files, **changed})
    assert choice.modules == (BILLING,)
    assert set(choice.tests) == {f"{BILLING}::test_january", f"{BILLING}::test_february"}


def test_the_compose_file_touches_everything(reach_map: ReachMap, reference: Reference) -> None:
    changed = edited(reference, "docker-compose.yml", "fake", "fake2")
    choice = choose(reach_map, reference.files, {**reference.files, **changed})
    assert choice.selection.everything
    assert set(choice.tests) == reach_map.tests_known


def test_tests_that_the_map_does_not_know_come_last_of_their_kind(reach_map: ReachMap) -> None:
    known, unknown, live = f"{UNIT}::test_total", f"{UNIT}::test_new", f"{CLAIMS}::test_release_ends_at_zero"
    total = "services/compute/capacity.py::total"
    assert telling_first(reach_map, [live, unknown, known], [total]) == [known, unknown, live]


def test_shares_are_about_as_long_and_each_begins_with_telling_tests(reach_map: ReachMap, reference: Reference) -> None:
    choice = choose(reach_map, reference.files, {**reference.files, **edited(reference, CAPACITY, "fits", "fit")})
    one, other = shares(choice, 2)
    assert [one[0], other[0]] == list(choice.live[:2])
    assert sorted([*one, *other]) == sorted(choice.live)
    assert shares(choice, 1) == [list(choice.live)]


def test_long_tests_come_last_whatever_they_tell(reach_map: ReachMap) -> None:
    long, short = f"{CLAIMS}::test_a_claim_up_to_the_last_unit", f"{CLAIMS}::test_release_ends_at_zero"
    tests = dict(reach_map.recording.tests)
    tests[long] = replace(tests[long], seconds=5.1)
    slow = replace(reach_map, recording=replace(reach_map.recording, tests=tests))
    assert telling_first(slow, [long, short], [f"{CAPACITY}::fits"]) == [short, long]
    assert telling_first(reach_map, [long, short], [f"{CAPACITY}::fits"]) == [long, short]
