"""Lock-out after repeated failures."""

from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.lockout import (
    Attempts,
    LockoutPolicy,
    TooManyAttempts,
    after_failure,
    attempts_key,
    check_not_locked,
)

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
POLICY = LockoutPolicy(threshold=3, window=timedelta(minutes=10), duration=timedelta(minutes=20))


def failed(times: int, start: Attempts = Attempts(), now: datetime = NOW) -> Attempts:
    for _ in range(times):
        start = after_failure(start, now, POLICY)
    return start


def test_failures_below_the_threshold_lock_nothing() -> None:
    attempts = failed(2)
    assert attempts == Attempts(2, NOW, None)
    check_not_locked(attempts, NOW)


def test_the_failure_that_reaches_the_threshold_locks() -> None:
    attempts = failed(3)
    assert attempts.locked_until == NOW + timedelta(minutes=20)
    with pytest.raises(TooManyAttempts) as refused:
        check_not_locked(attempts, NOW + timedelta(minutes=5))
    assert refused.value.extra["retry_after"] == 900
    assert refused.value.headers == {"Retry-After": "900"}


def test_the_wait_is_rounded_up_to_a_whole_second() -> None:
    with pytest.raises(TooManyAttempts) as refused:
        check_not_locked(failed(3), NOW + timedelta(milliseconds=1))
    assert refused.value.extra["retry_after"] == 1200


def test_the_lock_ends_on_time() -> None:
    attempts = failed(3)
    with pytest.raises(TooManyAttempts):
        check_not_locked(attempts, NOW + timedelta(minutes=20) - timedelta(microseconds=1))
    check_not_locked(attempts, NOW + timedelta(minutes=20))


def test_old_failures_are_forgotten_when_their_window_is_over() -> None:
    attempts = failed(1, failed(2), NOW + timedelta(minutes=10))
    assert attempts == Attempts(1, NOW + timedelta(minutes=10), None)


def test_counting_starts_anew_after_a_lock() -> None:
    later = NOW + timedelta(minutes=21)
    assert failed(1, failed(3), later) == Attempts(1, later, None)


def test_a_clock_that_is_set_back_keeps_nobody_out_for_as_long_as_it_was_ahead() -> None:
    locked = failed(3, now=NOW + timedelta(days=3))
    check_not_locked(locked, NOW)
    assert failed(1, locked) == Attempts(1, NOW, None)
    assert failed(1, failed(2, now=NOW + timedelta(days=3))) == Attempts(1, NOW, None)


@pytest.mark.parametrize("seconds", [0.001, 1, 59])
def test_a_clock_that_is_a_little_behind_lets_nobody_in(seconds: float) -> None:
    behind = NOW - timedelta(seconds=seconds)
    with pytest.raises(TooManyAttempts):
        check_not_locked(failed(3), behind)
    assert failed(1, failed(2), behind).locked_until is not None


def test_names_are_counted_per_tenant_and_not_kept_in_the_clear() -> None:
    key = attempts_key("t-1", "ann@example.com")
    assert key != attempts_key("t-2", "ann@example.com")
    assert key == attempts_key("t-1", "ann@example.com")
    assert "ann" not in key


def test_a_stranger_counts_for_themselves_and_all_strangers_together_for_the_name() -> None:
    owner, stranger = attempts_key("t-1", "a@b.test", "192.0.2.1"), attempts_key("t-1", "a@b.test", "192.0.2.2")
    assert len({owner, stranger, attempts_key("t-1", "a@b.test")}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8::1", "2001:db8::ffff:1"), ("fe80::1%eth0", "fe80::1%lo")],
)
def test_one_subscriber_is_one_client_however_the_address_is_written(one: str, other: str) -> None:
    assert attempts_key("t-1", "a@b.test", one) == attempts_key("t-1", "a@b.test", other)
