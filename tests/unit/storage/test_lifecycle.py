"""Lifecycle rules: when they act."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.storage.domain.lifecycle import (
    InvalidLifecycle,
    Rule,
    abort_at,
    due_at,
    expires_at,
    noncurrent_expires_at,
)


@pytest.mark.parametrize(
    ("since", "days", "expected"),
    [
        (datetime(2026, 1, 15, 10, 30, tzinfo=UTC), 1, datetime(2026, 1, 17, tzinfo=UTC)),
        (datetime(2026, 1, 15, 10, 30, tzinfo=UTC), 3, datetime(2026, 1, 19, tzinfo=UTC)),
        (datetime(2026, 1, 15, tzinfo=UTC), 1, datetime(2026, 1, 16, tzinfo=UTC)),
        (datetime(2026, 2, 27, 23, 59, tzinfo=UTC), 1, datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_days_are_rounded_up_to_the_next_midnight_in_utc(since: datetime, days: int, expected: datetime) -> None:
    assert due_at(since, days) == expected


def test_the_shortest_rule_that_applies_decides() -> None:
    rules = [Rule("all", expiration_days=30), Rule("logs", prefix="logs/", expiration_days=7)]
    made = datetime(2026, 3, 1, tzinfo=UTC)
    assert expires_at(rules, "logs/a", made) == datetime(2026, 3, 8, tzinfo=UTC)
    assert expires_at(rules, "data/a", made) == datetime(2026, 3, 31, tzinfo=UTC)


def test_without_a_rule_that_applies_nothing_expires() -> None:
    rules = [Rule("logs", prefix="logs/", noncurrent_days=7)]
    made = datetime(2026, 3, 1, tzinfo=UTC)
    assert expires_at(rules, "logs/a", made) is None
    assert noncurrent_expires_at(rules, "data/a", made) is None
    assert abort_at(rules, "logs/a", made) is None


def test_versions_and_uploads_have_their_own_days() -> None:
    rules = [Rule("r", expiration_days=1, noncurrent_days=2, abort_multipart_days=3)]
    since = datetime(2026, 3, 1, tzinfo=UTC)
    assert noncurrent_expires_at(rules, "a", since) == datetime(2026, 3, 3, tzinfo=UTC)
    assert abort_at(rules, "a", since) == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("days", [{}, {"expiration_days": 0}, {"noncurrent_days": -1}])
def test_a_rule_without_an_action_or_with_less_than_a_day_is_refused(days: dict[str, Any]) -> None:
    with pytest.raises(InvalidLifecycle):
        Rule("r", **days)
