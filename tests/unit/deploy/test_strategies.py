"""Whole rollouts, stage by stage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.deploy.domain.canary import CanaryRules, CanarySamples
from services.deploy.domain.progress import Observation, Replicas
from services.deploy.domain.shares import rolling_bounds
from services.deploy.domain.strategies import (
    BlueGreen,
    Canary,
    Ending,
    RollingUpdate,
    Stage,
    Strategy,
    advance,
    first_stage,
)

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
NONE = CanarySamples(0, 0)
GOOD = CanarySamples(50, 0)
CANARY = Canary(CanaryRules(steps=(15, 50), minimum_samples=50, bake_time=timedelta(minutes=1), max_error_percent=1))
BLUE_GREEN = BlueGreen(keep_old_for=timedelta(minutes=10))


def all_ready(targets: Replicas) -> Observation:
    return Observation(targets.old, targets.old, targets.new, targets.new)


def settle(
    strategy: Strategy, wanted: int, stage: Stage, seen: Observation, samples: CanarySamples, now: datetime
) -> tuple[Stage, Observation]:
    """The stage in which nothing moves any more, every replica being ready at once."""
    while (following := advance(strategy, wanted, stage, seen, samples, now)) != stage or seen != all_ready(
        stage.targets
    ):
        stage, seen = following, all_ready(following.targets)
    return stage, seen


def test_a_rolling_update_of_four_takes_its_steps_and_succeeds() -> None:
    stage, seen, path = first_stage(4, NOW), Observation(4, 4, 0, 0), []
    while stage.ending is None:
        stage = advance(RollingUpdate("25%", "25%"), 4, stage, seen, NONE, NOW)
        path.append((stage.targets.old, stage.targets.new))
        seen = all_ready(stage.targets)
    assert path == [(3, 1), (2, 2), (1, 3), (0, 4), (0, 4)]
    assert (stage.ending, stage.traffic) == (Ending.SUCCEEDED, 100)


def test_a_canary_of_ten_starts_with_two_and_waits_for_its_samples() -> None:
    stage = advance(CANARY, 10, first_stage(10, NOW), Observation(10, 10, 0, 0), NONE, NOW)
    assert stage.targets == Replicas(old=8, new=2)
    waiting = advance(CANARY, 10, stage, all_ready(stage.targets), NONE, NOW + timedelta(hours=1))
    assert (waiting.step, waiting.traffic, waiting.ending) == (0, 15, None)


def test_a_promoted_canary_starts_its_next_step_anew() -> None:
    stage = replace(first_stage(10, NOW), targets=Replicas(8, 2))
    later = NOW + timedelta(minutes=1)
    promoted = advance(CANARY, 10, stage, Observation(8, 8, 2, 2), GOOD, later)
    assert (promoted.step, promoted.step_started_at) == (1, later)
    # And it takes down two of the eight at once, no more: eight of ten must be ready while the new ones come up
    stage = advance(CANARY, 10, promoted, Observation(8, 8, 2, 2), NONE, later)
    assert stage.targets == Replicas(6, 5)
    assert advance(CANARY, 10, stage, Observation(6, 6, 5, 2), NONE, later).targets == Replicas(6, 5)
    assert advance(CANARY, 10, stage, Observation(6, 6, 5, 3), NONE, later).targets == Replicas(5, 5)


def test_a_canary_that_passed_every_step_takes_all_within_its_bounds_and_succeeds() -> None:
    stage, seen, path = replace(first_stage(10, NOW), step=2, targets=Replicas(5, 5)), Observation(5, 5, 5, 5), []
    while stage.ending is None:
        stage = advance(CANARY, 10, stage, seen, NONE, NOW)
        path.append((stage.targets.old, stage.targets.new))
        seen = all_ready(stage.targets)
    assert path == [(3, 8), (0, 10), (0, 10)]
    assert stage.traffic == 100


@pytest.mark.parametrize(
    ("wanted", "steps", "first"),
    [
        (1, (10, 50), Replicas(1, 1)),
        (2, (10,), Replicas(1, 1)),
        (2, (99,), Replicas(1, 1)),
        (3, (70,), Replicas(1, 2)),
        (3, (99,), Replicas(1, 2)),
        (10, (15,), Replicas(8, 2)),
        (10, (100,), Replicas(0, 10)),
        (100, (1,), Replicas(99, 1)),
        (100, (33, 100), Replicas(67, 33)),
    ],
)
def test_no_step_is_passed_without_its_samples_and_bake_time(
    wanted: int, steps: tuple[int, ...], first: Replicas
) -> None:
    # Given a canary whose replicas are all ready, as far as it goes without a sample
    strategy = Canary(CanaryRules(steps, minimum_samples=50, bake_time=timedelta(minutes=1), max_error_percent=1))
    stage, seen = settle(strategy, wanted, first_stage(wanted, NOW), Observation(wanted, wanted, 0, 0), NONE, NOW)
    # Then it stays at its first step with its share, a week later too
    assert (stage.step, stage.targets, stage.traffic, stage.ending) == (0, first, steps[0], None)
    assert advance(strategy, wanted, stage, seen, NONE, NOW + timedelta(days=7)) == stage
    # And neither enough samples nor the bake time alone promote it; errors abort it
    baked = NOW + timedelta(minutes=1)
    assert advance(strategy, wanted, stage, seen, GOOD, baked - timedelta(microseconds=1)) == stage
    assert advance(strategy, wanted, stage, seen, CanarySamples(49, 0), baked) == stage
    assert advance(strategy, wanted, stage, seen, GOOD, baked).step == 1
    assert advance(strategy, wanted, stage, seen, CanarySamples(50, 1), NOW).ending is Ending.ABORTED


@given(
    wanted=st.sampled_from([1, 2, 3, 10, 100]),
    steps=st.lists(st.integers(1, 100), min_size=1, max_size=4, unique=True).map(sorted),
    surge=st.integers(0, 100),
    unavailable=st.integers(0, 100),
    readiness=st.lists(st.integers(0, 3), max_size=60),
)
def test_whatever_becomes_ready_when_a_canary_keeps_its_bounds_and_ends(
    wanted: int, steps: list[int], surge: int, unavailable: int, readiness: list[int]
) -> None:
    bounds = rolling_bounds(wanted, f"{surge}%", f"{unavailable}%")
    assume(surge or unavailable)
    rules = CanaryRules(tuple(steps), 1, timedelta(), 1, f"{surge}%", f"{unavailable}%")
    assume(wanted > 1 or bounds.surge)
    stage, seen, most = first_stage(wanted, NOW), Observation(wanted, wanted, 0, 0), wanted + bounds.surge
    for newly_ready in [*readiness, *[wanted] * (6 * wanted + 20)]:
        stage = advance(Canary(rules), wanted, stage, seen, GOOD, NOW)
        assert stage.targets.old + stage.targets.new <= most
        assert min(stage.targets.old, seen.old_ready) + seen.new_ready >= wanted - bounds.unavailable
        ready = min(stage.targets.new, seen.new_ready + newly_ready)
        seen = Observation(stage.targets.old, stage.targets.old, stage.targets.new, ready)
        if stage.ending:
            break
    assert (stage.ending, seen.replicas, stage.traffic) == (Ending.SUCCEEDED, Replicas(0, wanted), 100)


def test_the_bake_time_runs_from_when_all_replicas_of_the_step_are_ready() -> None:
    # Given two canary replicas of ten, the last of which comes up after an hour, and samples from the first
    stage = advance(CANARY, 10, first_stage(10, NOW), Observation(10, 10, 0, 0), GOOD, NOW)
    up = NOW + timedelta(hours=1)
    stage = advance(CANARY, 10, stage, Observation(8, 8, 2, 1), GOOD, up - timedelta(seconds=1))
    assert (stage.step, stage.step_ready) == (0, False)
    # When both are ready, then the minute begins
    stage = advance(CANARY, 10, stage, Observation(8, 8, 2, 2), GOOD, up)
    assert (stage.step, stage.step_started_at, stage.step_ready) == (0, up, True)
    almost = up + timedelta(minutes=1) - timedelta(microseconds=1)
    assert advance(CANARY, 10, stage, Observation(8, 8, 2, 2), GOOD, almost).step == 0
    assert advance(CANARY, 10, stage, Observation(8, 8, 2, 2), GOOD, up + timedelta(minutes=1)).step == 1


def test_replicas_that_come_up_get_no_more_than_their_steps_traffic() -> None:
    strategy = Canary(CanaryRules((10,), 1, timedelta(), 1))
    stage = advance(strategy, 1, first_stage(1, NOW), Observation(1, 1, 0, 0), NONE, NOW)
    assert (stage.targets, stage.traffic) == (Replicas(1, 1), 0)
    assert advance(strategy, 1, stage, Observation(1, 1, 1, 1), NONE, NOW).traffic == 10


def test_errors_abort_a_canary_before_all_its_replicas_are_ready() -> None:
    stage = advance(CANARY, 10, first_stage(10, NOW), Observation(10, 10, 0, 0), NONE, NOW)
    stage = advance(CANARY, 10, stage, Observation(8, 8, 2, 1), CanarySamples(50, 50), NOW)
    assert (stage.ending, stage.traffic) == (Ending.ABORTED, 0)


def test_a_canary_with_errors_is_aborted_and_gets_no_more_traffic() -> None:
    stage = replace(first_stage(10, NOW), targets=Replicas(8, 2))
    stage = advance(CANARY, 10, stage, Observation(8, 8, 2, 2), CanarySamples(50, 1), NOW)
    assert (stage.ending, stage.traffic) == (Ending.ABORTED, 0)


def test_a_first_revision_has_nothing_to_be_compared_with() -> None:
    stage = advance(CANARY, 3, first_stage(0, NOW), Observation(0, 0, 0, 0), NONE, NOW)
    assert stage.targets == Replicas(0, 3)
    assert advance(CANARY, 3, stage, Observation(0, 0, 3, 3), NONE, NOW).ending is Ending.SUCCEEDED


def test_blue_green_does_not_switch_while_one_replica_is_not_ready() -> None:
    stage = advance(BLUE_GREEN, 3, first_stage(3, NOW), Observation(3, 3, 3, 2), NONE, NOW)
    assert (stage.traffic, stage.switched_at, stage.targets) == (0, None, Replicas(3, 3))


def test_blue_green_switches_when_all_are_ready_and_keeps_the_old_colour() -> None:
    stage = advance(BLUE_GREEN, 3, first_stage(3, NOW), Observation(3, 3, 3, 3), NONE, NOW)
    assert (stage.traffic, stage.switched_at) == (100, NOW)
    kept = advance(BLUE_GREEN, 3, stage, Observation(3, 3, 3, 3), NONE, NOW + timedelta(minutes=9, seconds=59))
    assert (kept.targets, kept.ending) == (Replicas(3, 3), None)


@pytest.mark.parametrize("wanted", [1, 2, 3, 10, 100])
def test_blue_green_keeps_every_old_replica_until_it_has_switched(wanted: int) -> None:
    seen = Observation(wanted, wanted, wanted, wanted - 1)
    stage = advance(BLUE_GREEN, wanted, first_stage(wanted, NOW), seen, NONE, NOW)
    assert (stage.targets, stage.traffic, stage.switched_at) == (Replicas(wanted, wanted), 0, None)
    stage = advance(BLUE_GREEN, wanted, stage, all_ready(stage.targets), NONE, NOW)
    assert (stage.targets, stage.traffic, stage.switched_at) == (Replicas(wanted, wanted), 100, NOW)


def test_a_first_colour_has_no_old_one_to_be_kept() -> None:
    stage = advance(BLUE_GREEN, 3, first_stage(0, NOW), Observation(0, 0, 3, 3), NONE, NOW)
    assert advance(BLUE_GREEN, 3, stage, Observation(0, 0, 3, 3), NONE, NOW).ending is Ending.SUCCEEDED


def test_blue_green_takes_the_old_colour_down_after_its_delay() -> None:
    stage = replace(first_stage(3, NOW), switched_at=NOW, traffic=100)
    later = NOW + timedelta(minutes=10)
    stage = advance(BLUE_GREEN, 3, stage, Observation(3, 3, 3, 3), NONE, later)
    assert (stage.targets, stage.ending) == (Replicas(0, 3), None)
    assert advance(BLUE_GREEN, 3, stage, Observation(0, 0, 3, 3), NONE, later).ending is Ending.SUCCEEDED
