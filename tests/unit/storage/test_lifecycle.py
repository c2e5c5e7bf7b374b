"""Lifecycle rules: when they act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.storage.domain.lifecycle import (
    Aged,
    Expiry,
    InvalidLifecycle,
    Rule,
    abort_at,
    due,
    due_at,
    due_until,
    ensure_rules_fit,
    expires_at,
    noncurrent_expires_at,
)
from services.storage.domain.versions import Version


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


@pytest.mark.parametrize("days", [1, 3, 30, 36_500])
def test_what_is_due_now_began_up_to_a_midnight(days: int) -> None:
    now = datetime(2126, 3, 10, 15, 0, tzinfo=UTC)
    border = due_until(now, days)
    assert due_at(border, days) == datetime(2126, 3, 10, tzinfo=UTC)
    assert due_at(border + timedelta(microseconds=1), days) == datetime(2126, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"expiration_days": 36_501},
        {"noncurrent_days": 10**9},
        {"expiration_days": 1, "expired_delete_markers": True},
        {"expiration_days": 1, "newer_noncurrent_versions": 1},
        {"noncurrent_days": 1, "newer_noncurrent_versions": 101},
    ],
)
def test_a_rule_that_contradicts_itself_or_is_beyond_all_bounds_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidLifecycle):
        Rule("r", **fields)


def test_rules_have_names_of_their_own_and_are_a_thousand_at_most() -> None:
    ensure_rules_fit([Rule(str(number), expiration_days=1) for number in range(1000)])
    with pytest.raises(InvalidLifecycle, match="two rules"):
        ensure_rules_fit([Rule("r", expiration_days=1), Rule("r", expiration_days=2)])
    with pytest.raises(InvalidLifecycle, match="at most"):
        ensure_rules_fit([Rule(str(number), expiration_days=1) for number in range(1001)])


DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)


def stack(*ids: str) -> list[Aged]:
    """Versions made a day after another, delete markers by an "m": each superseded when the next one was made."""
    made = [FIRST + DAY * number for number in range(len(ids))]
    ends: list[datetime | None] = [*made[1:], None]
    versions = [Version(id, delete_marker=id.startswith("m")) for id in ids]
    return [Aged(version, begun, ended) for version, begun, ended in zip(versions, made, ends, strict=True)]


def test_the_current_version_expires_by_its_own_age_and_never_an_older_one() -> None:
    rules = [Rule("r", expiration_days=1)]
    assert due(rules, "k", stack("v1", "v2"), FIRST + 2 * DAY) == Expiry()
    assert due(rules, "k", stack("v1", "v2"), datetime(2026, 1, 4, tzinfo=UTC)) == Expiry(delete=True)
    assert due(rules, "k", [], FIRST + 9 * DAY).nothing


def test_noncurrent_versions_go_by_how_long_they_have_been_that() -> None:
    rules = [Rule("r", noncurrent_days=1)]
    # v1 was superseded on January 2 at 10:30, v2 a day later
    assert due(rules, "k", stack("v1", "v2", "v3"), datetime(2026, 1, 3, 23, 59, tzinfo=UTC)) == Expiry()
    assert due(rules, "k", stack("v1", "v2", "v3"), datetime(2026, 1, 4, tzinfo=UTC)) == Expiry(removed=("v1",))
    assert due(rules, "k", stack("v1", "v2", "v3"), datetime(2026, 1, 5, tzinfo=UTC)) == Expiry(removed=("v1", "v2"))


def test_the_newest_noncurrent_versions_are_kept_where_a_rule_says_so() -> None:
    rules = [Rule("r", noncurrent_days=1, newer_noncurrent_versions=2)]
    late = FIRST + 99 * DAY
    assert due(rules, "k", stack("v1", "v2", "v3", "v4"), late) == Expiry(removed=("v1",))
    assert due([*rules, Rule("s", noncurrent_days=30)], "k", stack("v1", "v2"), late) == Expiry(removed=("v1",))


def test_a_delete_marker_goes_when_nothing_is_below_it_any_more() -> None:
    late = FIRST + 99 * DAY
    alone, over_one = stack("m1"), stack("v1", "m1")
    assert due([Rule("r", expiration_days=1)], "k", alone, late) == Expiry(removed=("m1",))
    assert due([Rule("r", expiration_days=1)], "k", over_one, late) == Expiry()
    assert due([Rule("r", expired_delete_markers=True)], "k", alone, FIRST) == Expiry(removed=("m1",))
    both = [Rule("r", expired_delete_markers=True, noncurrent_days=1)]
    assert due(both, "k", over_one, late) == Expiry(removed=("v1", "m1"))


def test_a_rule_that_is_not_in_force_does_nothing() -> None:
    rules = [Rule("r", expiration_days=1, noncurrent_days=1, enabled=False)]
    assert due(rules, "k", stack("v1", "v2"), FIRST + 99 * DAY).nothing
    assert due([Rule("r", prefix="x", expiration_days=1)], "k", stack("v1"), FIRST + 99 * DAY).nothing
