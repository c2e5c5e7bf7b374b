"""Rise and fall count uninterrupted rows only; outliers are ejected up to a share."""

from datetime import UTC, datetime, timedelta

import pytest

from services.loadbalancer.domain import outliers
from services.loadbalancer.domain.health import Health, observe
from services.loadbalancer.domain.outliers import Outlier

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def after(results: str, *, healthy: bool, rise: int = 2, fall: int = 3) -> Health:
    health = Health(healthy)
    for result in results:
        health = observe(health, result == "+", rise, fall)
    return health


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("--", Health(True, 2)),
        ("---", Health(False)),
        ("--+", Health(True)),
        ("--+--", Health(True, 2)),
        ("--+---", Health(False)),
        ("-+-+-+-+-+", Health(True)),
        ("---+", Health(False, 1)),
        ("---++", Health(True)),
        ("---+-+", Health(False, 1)),
    ],
)
def test_a_healthy_backend(results, expected):
    assert after(results, healthy=True) == expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [("+", Health(False, 1)), ("++", Health(True)), ("+-+", Health(False, 1)), ("+-+-+-", Health(False))],
)
def test_an_unhealthy_backend(results, expected):
    assert after(results, healthy=False) == expected


def test_with_one_the_first_result_decides():
    assert after("-", healthy=True, fall=1) == Health(False)
    assert after("+", healthy=False, rise=1) == Health(True)


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
def test_only_a_share_of_the_backends_is_ejected(ejected, total, percent, expected):
    assert outliers.may_eject(ejected, total, percent) is expected


def test_five_failures_in_a_row_eject_for_longer_each_time():
    outlier = Outlier()
    for number in range(1, 5):
        outlier = outliers.record(outlier, False, NOW, may_be_ejected=True)
        assert outlier == Outlier(number)
    outlier = outliers.record(outlier, False, NOW, may_be_ejected=True)
    assert outlier == Outlier(0, 1, NOW + timedelta(seconds=30))
    again = outliers.record(Outlier(4, 1, NOW), False, NOW, may_be_ejected=True)
    assert again.ejected_until == NOW + timedelta(seconds=60)


def test_a_success_ends_the_row():
    assert outliers.record(Outlier(4, 2), True, NOW, may_be_ejected=True) == Outlier(0, 2)


def test_who_may_not_be_ejected_stays():
    assert outliers.record(Outlier(4), False, NOW, may_be_ejected=False) == Outlier(5)


@pytest.mark.parametrize(("ejections", "seconds"), [(1, 30), (3, 90), (10, 300), (50, 300)])
def test_ejections_have_a_longest_time(ejections, seconds):
    assert outliers.ejection_time(ejections) == timedelta(seconds=seconds)
