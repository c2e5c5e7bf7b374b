"""Shares and rolling bounds: the rounding that Kubernetes documents."""

import pytest

from services.deploy.domain.shares import (
    InvalidRollingBounds,
    InvalidShare,
    RollingBounds,
    check_bounds,
    percentage,
    rolling_bounds,
    round_up,
)


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, "25%", "25%", RollingBounds(surge=3, unavailable=2)),
        (4, "25%", "25%", RollingBounds(surge=1, unavailable=1)),
        (3, "50%", "50%", RollingBounds(surge=2, unavailable=1)),
        (7, "10%", 0, RollingBounds(surge=1, unavailable=0)),
        (10, 2, 1, RollingBounds(surge=2, unavailable=1)),
        (100, "33%", "33%", RollingBounds(surge=33, unavailable=33)),
    ],
)
def test_surge_rounds_up_and_unavailable_rounds_down(
    replicas: int, surge: str | int, unavailable: str | int, expected: RollingBounds
) -> None:
    assert rolling_bounds(replicas, surge, unavailable) == expected


def test_bounds_that_both_come_to_zero_let_one_replica_be_unavailable() -> None:
    assert rolling_bounds(3, 0, "20%") == RollingBounds(surge=0, unavailable=1)


def test_no_more_replicas_can_be_unavailable_than_there_are() -> None:
    assert rolling_bounds(2, 0, 5) == RollingBounds(surge=0, unavailable=2)


@pytest.mark.parametrize(("percent", "total", "expected"), [(15, 10, 2), (10, 10, 1), (1, 10, 1), (29, 100, 29)])
def test_a_percentage_of_replicas_rounds_up_without_binary_fractions(percent: int, total: int, expected: int) -> None:
    assert round_up(percent, total) == expected


@pytest.mark.parametrize(("max_surge", "max_unavailable"), [(0, 0), ("0%", 0), (0, "0%"), ("00%", "0%")])
def test_bounds_that_are_both_written_as_zero_are_refused(max_surge: int | str, max_unavailable: int | str) -> None:
    with pytest.raises(InvalidRollingBounds):
        check_bounds(max_surge, max_unavailable)


@pytest.mark.parametrize(
    ("max_surge", "max_unavailable"), [("200%", 0), (0, "1%"), (600, 0), (0, "100%"), ("25%", "25%")]
)
def test_bounds_that_kubernetes_takes_are_taken(max_surge: int | str, max_unavailable: int | str) -> None:
    check_bounds(max_surge, max_unavailable)


def test_a_surge_above_a_hundred_percent_brings_up_more_than_are_wanted() -> None:
    assert rolling_bounds(3, "200%", 0) == RollingBounds(surge=6, unavailable=0)


@pytest.mark.parametrize(("max_surge", "max_unavailable"), [(1, "101%"), ("1001%", 1), (2**31, 1), ("1", 1), ("²%", 1)])
def test_bounds_out_of_range_are_refused(max_surge: int | str, max_unavailable: int | str) -> None:
    with pytest.raises(InvalidShare):
        check_bounds(max_surge, max_unavailable)


@pytest.mark.parametrize("share", ["101%", "-5%", "a", "5.5%", "%", -1])
def test_a_share_that_is_neither_a_count_nor_a_percentage_is_refused(share: str | int) -> None:
    with pytest.raises(InvalidShare):
        percentage(share)
