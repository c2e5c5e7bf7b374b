"""Rise and fall count uninterrupted rows only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.loadbalancer.domain.health import Health, observe

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
def test_a_healthy_backend(results: str, expected: Health) -> None:
    assert after(results, healthy=True) == expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [("+", Health(False, 1)), ("++", Health(True)), ("+-+", Health(False, 1)), ("+-+-+-", Health(False))],
)
def test_an_unhealthy_backend(results: str, expected: Health) -> None:
    assert after(results, healthy=False) == expected


def test_with_one_the_first_result_decides() -> None:
    assert after("-", healthy=True, fall=1) == Health(False)
    assert after("+", healthy=False, rise=1) == Health(True)
