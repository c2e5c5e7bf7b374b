"""Canary steps: how many replicas, and when a step is promoted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.deploy.domain.canary import (
    CanaryRules,
    CanarySamples,
    InvalidCanarySteps,
    InvalidSamples,
    Verdict,
    canary_targets,
    check_room,
    judge,
)
from services.deploy.domain.progress import Replicas

START = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
RULES = CanaryRules(steps=(15, 50), minimum_samples=100, bake_time=timedelta(minutes=5), max_error_percent=2)


def verdict(requests: int, errors: int, after: timedelta) -> Verdict:
    return judge(RULES, CanarySamples(requests, errors), START, START + after)


@pytest.mark.parametrize(
    ("wanted", "percent", "expected"),
    [
        (10, 15, Replicas(8, 2)),
        (10, 50, Replicas(5, 5)),
        (3, 1, Replicas(2, 1)),
        (10, 100, Replicas(0, 10)),
        (3, 70, Replicas(1, 2)),
    ],
)
def test_a_canary_gets_its_share_rounded_up(wanted: int, percent: int, expected: Replicas) -> None:
    assert canary_targets(wanted, percent) == expected


def test_fewer_samples_than_the_minimum_wait_however_long_they_baked() -> None:
    assert verdict(99, 0, timedelta(hours=1)) is Verdict.WAIT


def test_enough_samples_wait_for_the_bake_time() -> None:
    assert verdict(100, 0, timedelta(minutes=5) - timedelta(microseconds=1)) is Verdict.WAIT


def test_enough_samples_for_long_enough_are_promoted() -> None:
    assert verdict(100, 2, timedelta(minutes=5)) is Verdict.PROMOTE


def test_too_many_errors_abort_before_the_bake_time_is_over() -> None:
    assert verdict(100, 3, timedelta(seconds=1)) is Verdict.ABORT


def test_errors_among_too_few_samples_prove_nothing() -> None:
    assert verdict(99, 99, timedelta(hours=1)) is Verdict.WAIT


def test_a_step_whose_replicas_are_not_ready_has_no_bake_time_behind_it() -> None:
    assert judge(RULES, CanarySamples(100, 0), None, START + timedelta(days=1)) is Verdict.WAIT
    assert judge(RULES, CanarySamples(100, 3), None, START) is Verdict.ABORT


@pytest.mark.parametrize("percent", [1, 10, 50, 99])
def test_a_single_stable_replica_stays_beside_its_canary(percent: int) -> None:
    assert canary_targets(1, percent) == Replicas(old=1, new=1)


def test_a_canary_beside_a_single_replica_needs_room_for_a_second_one() -> None:
    without_surge = replace(RULES, max_surge=0, max_unavailable=1)
    with pytest.raises(InvalidCanarySteps):
        check_room(without_surge, 1)
    check_room(without_surge, 2)
    check_room(RULES, 1)
    check_room(replace(without_surge, steps=(100,)), 1)


@pytest.mark.parametrize(("requests", "errors"), [(1, 2), (0, 1), (5, -1)])
def test_no_more_requests_can_have_failed_than_there_were(requests: int, errors: int) -> None:
    with pytest.raises(InvalidSamples):
        CanarySamples(requests, errors)


@pytest.mark.parametrize("steps", [(), (0, 50), (50, 50), (50, 20), (20, 101)])
def test_steps_must_grow_within_one_to_a_hundred_percent(steps: tuple[int, ...]) -> None:
    with pytest.raises(InvalidCanarySteps):
        CanaryRules(steps, 1, timedelta(), 0)
