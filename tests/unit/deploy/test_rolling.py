"""Rolling updates step by step."""

from hypothesis import given
from hypothesis import strategies as st

from services.deploy.domain.progress import Observation, Replicas
from services.deploy.domain.rolling import rolling_finished, rolling_targets, targets_towards
from services.deploy.domain.shares import RollingBounds, rolling_bounds


def test_the_first_step_uses_the_surge_and_takes_down_what_may_be_unavailable() -> None:
    # Given ten old replicas, surge 3 and unavailable 2 (25% of ten, as Kubernetes rounds it)
    seen = Observation(old=10, old_ready=10, new=0, new_ready=0)
    assert rolling_targets(10, RollingBounds(3, 2), seen) == Replicas(old=8, new=3)


def test_nothing_moves_while_the_new_replicas_are_not_ready() -> None:
    seen = Observation(old=8, old_ready=8, new=5, new_ready=0)
    assert rolling_targets(10, RollingBounds(3, 2), seen) == Replicas(old=8, new=5)


def test_each_ready_new_replica_lets_one_old_go() -> None:
    seen = Observation(old=8, old_ready=8, new=5, new_ready=3)
    assert rolling_targets(10, RollingBounds(3, 2), seen) == Replicas(old=5, new=5)


def test_old_replicas_that_are_not_ready_go_first() -> None:
    # Given three old replicas that serve nobody
    seen = Observation(old=10, old_ready=7, new=3, new_ready=1)
    # Then they go, and the seven ready ones stay: eight must be ready
    assert rolling_targets(10, RollingBounds(3, 2), seen) == Replicas(old=7, new=3)


def test_without_surge_an_old_replica_goes_before_a_new_one_comes() -> None:
    bounds = RollingBounds(surge=0, unavailable=1)
    first = rolling_targets(3, bounds, Observation(3, 3, 0, 0))
    assert first == Replicas(old=2, new=0)
    assert rolling_targets(3, bounds, Observation(2, 2, 0, 0)) == Replicas(old=2, new=1)


def test_more_new_replicas_than_wanted_go_those_first_that_serve_nobody() -> None:
    bounds = RollingBounds(surge=3, unavailable=2)
    # Given eight new replicas where five are the goal, of which seven are ready beside five old ones
    towards = targets_towards(Replicas(5, 5), 10, bounds, Observation(5, 5, 8, 7))
    assert towards == Replicas(old=5, new=5)
    # And where only what must stay ready is ready, then only the idle one goes
    assert targets_towards(Replicas(5, 5), 10, bounds, Observation(1, 1, 8, 7)) == Replicas(old=5, new=7)


def test_old_replicas_that_are_missing_come_back_after_the_new_ones() -> None:
    bounds = RollingBounds(surge=3, unavailable=2)
    assert targets_towards(Replicas(8, 2), 10, bounds, Observation(3, 3, 0, 0)) == Replicas(old=8, new=2)
    assert targets_towards(Replicas(8, 6), 10, bounds, Observation(3, 3, 0, 0)) == Replicas(old=7, new=6)


def test_it_is_finished_when_all_are_new_and_ready_and_none_is_old() -> None:
    assert rolling_finished(3, Observation(0, 0, 3, 3))
    assert not rolling_finished(3, Observation(0, 0, 3, 2))
    assert not rolling_finished(3, Observation(1, 1, 3, 3))


@given(
    wanted=st.integers(1, 60),
    surge=st.integers(0, 100),
    unavailable=st.integers(0, 100),
    readiness=st.lists(st.integers(0, 3), max_size=400),
)
def test_whatever_becomes_ready_when_the_bounds_hold_and_the_update_ends(
    wanted: int, surge: int, unavailable: int, readiness: list[int]
) -> None:
    bounds = rolling_bounds(wanted, f"{surge}%", f"{unavailable}%")
    seen = Observation(wanted, wanted, 0, 0)
    for newly_ready in [*readiness, *[wanted] * (4 * wanted)]:
        targets = rolling_targets(wanted, bounds, seen)
        assert targets.old + targets.new <= wanted + bounds.surge or targets.old + targets.new <= seen.old + seen.new
        assert min(targets.old, seen.old_ready) + seen.new_ready >= wanted - bounds.unavailable
        ready = min(targets.new, seen.new_ready + newly_ready)
        seen = Observation(targets.old, min(targets.old, seen.old_ready), targets.new, ready)
    assert rolling_finished(wanted, seen)
