"""Which backends take new connections: draining, weights, health, panic, slow start."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.loadbalancer.domain.algorithms import smooth_weighted_round_robin
from services.loadbalancer.domain.backends import (
    WEIGHT_STEPS,
    AdminState,
    Backend,
    begins_slowly,
    candidates,
    in_panic,
    is_usable,
    slow_start_weight,
    takes_new_connections,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DRAINING = AdminState.DRAINING


def ids(*backends: Backend, threshold: int = 50) -> tuple[str, bool]:
    choice = candidates(backends, NOW, threshold)
    return "".join(each.id for each in choice.candidates), choice.panic


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        (Backend("a"), True),
        (Backend("a", weight=0), False),
        (Backend("a", state=DRAINING), False),
        (Backend("a", weight=0, state=DRAINING), False),
        (Backend("a", healthy=False), True),
    ],
)
def test_draining_and_weightless_backends_get_no_new_connections(backend: Backend, expected: bool) -> None:
    assert takes_new_connections(backend) is expected


@pytest.mark.parametrize(
    ("usable", "total", "threshold", "expected"),
    [(1, 2, 50, False), (1, 3, 50, True), (0, 1, 50, True), (0, 0, 50, False), (0, 3, 0, False), (2, 3, 67, True)],
)
def test_panic_begins_strictly_below_the_threshold(usable: int, total: int, threshold: int, expected: bool) -> None:
    assert in_panic(usable, total, threshold) is expected


def test_unhealthy_backends_are_left_out_while_half_are_healthy() -> None:
    assert ids(Backend("a"), Backend("b", healthy=False)) == ("a", False)


def test_in_panic_health_is_ignored_and_draining_is_not() -> None:
    backends = [
        Backend("a"),
        Backend("b", healthy=False),
        Backend("c", healthy=False),
        Backend("d", state=DRAINING),
        Backend("e", weight=0),
    ]
    assert ids(*backends) == ("abc", True)
    assert ids(*backends, threshold=0) == ("a", False)


def test_draining_backends_do_not_count_towards_panic() -> None:
    unwanted = [Backend(id, state=DRAINING, healthy=False) for id in "bcd"]
    assert ids(Backend("a"), *unwanted) == ("a", False)


def test_nobody_is_left_when_all_drain() -> None:
    assert ids(Backend("a", state=DRAINING), Backend("b", weight=0)) == ("", False)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1, False), (300, False), (600, False), (601, True), (86_400, True), (0, True), (-1, True)],
)
def test_an_ejection_ends_at_its_time_and_is_none_where_a_clock_was_set_back(seconds: int, expected: bool) -> None:
    assert is_usable(Backend("a", ejected_until=NOW + timedelta(seconds=seconds)), NOW) is expected


@pytest.mark.parametrize(
    ("weight", "elapsed", "expected"),
    [
        (10, -86_400, 2560),
        (10, -5, 1),
        (10, 0, 1),
        (10, 1, 85),
        (10, 15, 1280),
        (10, 29, 2474),
        (10, 30, 2560),
        (10, 300, 2560),
        (1, 15, 128),
    ],
)
def test_weight_grows_over_the_slow_start(weight: int, elapsed: int, expected: int) -> None:
    admitted = NOW - timedelta(seconds=elapsed)
    assert slow_start_weight(weight, admitted, NOW, 30) == expected


@pytest.mark.parametrize(("weight", "admitted", "seconds"), [(10, None, 30), (10, NOW, 0), (0, NOW, 30)])
def test_without_slow_start_the_weight_stays(weight: int, admitted: datetime | None, seconds: int) -> None:
    assert slow_start_weight(weight, admitted, NOW, seconds) == weight * WEIGHT_STEPS


def test_at_weight_1_a_new_backend_gets_few_of_the_first_connections() -> None:
    backends = [Backend("old"), Backend("new", admitted_at=NOW - timedelta(seconds=3))]
    weights = {each.id: slow_start_weight(each.weight, each.admitted_at, NOW, 30) for each in backends}
    chosen = []
    for _ in range(20):
        pick = smooth_weighted_round_robin(backends, weights)
        backends = [replace(each, current_weight=pick.current_weights[each.id]) for each in backends]
        chosen.append(pick.backend.id)
    assert chosen.count("new") == 2


@pytest.mark.parametrize(
    ("others", "slowly"),
    [
        ([], False),
        ([Backend("old")], True),
        ([Backend("old", admitted_at=NOW - timedelta(seconds=30))], True),
        ([Backend("new", admitted_at=NOW - timedelta(seconds=29))], False),
        ([Backend("sick", healthy=False)], False),
        ([Backend("ejected", ejected_until=NOW + timedelta(seconds=1))], False),
        ([Backend("draining", state=AdminState.DRAINING)], False),
        ([Backend("idle", weight=0)], False),
        ([Backend("sick", healthy=False), Backend("old")], True),
    ],
)
def test_a_backend_begins_slowly_beside_one_that_works_and_not_else(others: list[Backend], slowly: bool) -> None:
    """AWS: only when there is a healthy target that isn't in slow start itself."""
    assert begins_slowly(others, NOW, 30) is slowly
    assert begins_slowly(others, NOW, 0) is False
