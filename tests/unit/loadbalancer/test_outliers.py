"""Who fails its requests in a row is ejected, up to a share of the pool."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.loadbalancer.domain import outliers
from services.loadbalancer.domain.outliers import Outlier

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ejected", "total", "percent", "expected"),
    [
        (0, 2, 50, True),
        (1, 2, 50, False),
        (0, 1, 50, False),
        (0, 1, 100, True),
        (1, 4, 50, True),
        (2, 4, 50, False),
        (0, 5, 10, False),
    ],
)
def test_only_a_share_of_the_backends_is_ejected(ejected: int, total: int, percent: int, expected: bool) -> None:
    assert outliers.may_eject(ejected, total, percent) is expected


def test_five_failures_in_a_row_eject_for_longer_each_time() -> None:
    outlier = Outlier()
    for number in range(1, 5):
        outlier = outliers.record(outlier, False, NOW, may_be_ejected=True)
        assert outlier == Outlier(number)
    outlier = outliers.record(outlier, False, NOW, may_be_ejected=True)
    assert outlier == Outlier(0, 1, NOW + timedelta(seconds=30))
    again = outliers.record(Outlier(4, 1, NOW), False, NOW, may_be_ejected=True)
    assert again.ejected_until == NOW + timedelta(seconds=60)


def test_failures_that_were_under_way_do_not_eject_again() -> None:
    ejected = Outlier(0, 1, NOW + timedelta(seconds=30))
    late = ejected
    for _ in range(20):
        late = outliers.record(late, False, NOW + timedelta(seconds=1), may_be_ejected=True)
    assert late == ejected


@pytest.mark.parametrize(("stood", "seconds"), [(0, 120), (9, 120), (10, 90), (20, 60), (30, 30), (36_000, 30)])
def test_the_longer_a_backend_has_stood_the_shorter_its_next_ejection(stood: int, seconds: int) -> None:
    back = NOW - timedelta(seconds=stood)
    again = outliers.record(Outlier(4, 3, back), False, NOW, may_be_ejected=True)
    assert again.ejected_until == NOW + timedelta(seconds=seconds)


def test_an_ejection_holds_where_the_clock_is_a_little_behind() -> None:
    longest = NOW + outliers.MAX_EJECTION
    assert outliers.is_ejected(longest, NOW - timedelta(seconds=1))


def test_an_ejection_by_a_clock_that_was_ahead_holds_back_no_other() -> None:
    ahead = Outlier(4, 1, NOW + timedelta(days=1))
    again = outliers.record(ahead, False, NOW, may_be_ejected=True)
    assert again == Outlier(0, 2, NOW + timedelta(seconds=60))


def test_a_success_ends_the_row() -> None:
    assert outliers.record(Outlier(4, 2), True, NOW, may_be_ejected=True) == Outlier(0, 2)


def test_who_may_not_be_ejected_stays() -> None:
    assert outliers.record(Outlier(4), False, NOW, may_be_ejected=False) == Outlier(5)


@pytest.mark.parametrize(("ejections", "seconds"), [(1, 30), (3, 90), (10, 300), (50, 300)])
def test_ejections_have_a_longest_time(ejections: int, seconds: int) -> None:
    assert outliers.ejection_time(ejections) == timedelta(seconds=seconds)
