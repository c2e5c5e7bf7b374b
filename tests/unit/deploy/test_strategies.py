"""Whole rollouts, stage by stage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.deploy.domain.canary import CanaryRules, CanarySamples
from services.deploy.domain.progress import Observation, Replicas
from services.deploy.domain.strategies import BlueGreen, Canary, Ending, RollingUpdate, advance, first_stage

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
NONE = CanarySamples(0, 0)
GOOD = CanarySamples(50, 0)
CANARY = Canary(CanaryRules(steps=(15, 50), minimum_samples=50, bake_time=timedelta(minutes=1), max_error_percent=1))
BLUE_GREEN = BlueGreen(keep_old_for=timedelta(minutes=10))


def all_ready(targets: Replicas) -> Observation:
    return Observation(targets.old, targets.old, targets.new, targets.new)


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
    assert advance(CANARY, 10, promoted, Observation(8, 8, 2, 2), NONE, later).targets == Replicas(5, 5)


def test_a_canary_that_passed_every_step_takes_all_and_succeeds() -> None:
    stage = replace(first_stage(10, NOW), step=2, targets=Replicas(5, 5))
    stage = advance(CANARY, 10, stage, Observation(5, 5, 5, 5), NONE, NOW)
    assert (stage.targets, stage.ending) == (Replicas(0, 10), None)
    assert advance(CANARY, 10, stage, Observation(0, 0, 10, 10), NONE, NOW).ending is Ending.SUCCEEDED


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


def test_blue_green_takes_the_old_colour_down_after_its_delay() -> None:
    stage = replace(first_stage(3, NOW), switched_at=NOW, traffic=100)
    later = NOW + timedelta(minutes=10)
    stage = advance(BLUE_GREEN, 3, stage, Observation(3, 3, 3, 3), NONE, later)
    assert (stage.targets, stage.ending) == (Replicas(0, 3), None)
    assert advance(BLUE_GREEN, 3, stage, Observation(0, 0, 3, 3), NONE, later).ending is Ending.SUCCEEDED
