"""Refresh-token rotation (RFC 9700 §4.14.2)."""

from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.refresh import PresentedToken, Verdict, expiry, family_end, judge

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("expires_at", "used_at", "revoked_at", "verdict"),
    [
        (AFTER, None, None, Verdict.ROTATE),
        (AFTER, BEFORE, None, Verdict.REVOKE_FAMILY),
        (BEFORE, BEFORE, None, Verdict.REVOKE_FAMILY),
        (BEFORE, None, None, Verdict.REFUSE),
        (AFTER, None, BEFORE, Verdict.REFUSE),
        (AFTER, BEFORE, BEFORE, Verdict.REFUSE),
    ],
)
def test_what_happens_to_a_presented_token(
    expires_at: datetime, used_at: datetime | None, revoked_at: datetime | None, verdict: Verdict
) -> None:
    assert judge(PresentedToken(expires_at, used_at, revoked_at), NOW) is verdict


def test_a_token_is_over_at_the_instant_it_expires() -> None:
    token = PresentedToken(NOW, None, None)
    assert judge(token, NOW - timedelta(microseconds=1)) is Verdict.ROTATE
    assert judge(token, NOW) is Verdict.REFUSE


def test_a_successor_lives_seven_days() -> None:
    assert expiry(NOW, NOW + timedelta(days=1)) == NOW + timedelta(days=8)


def test_no_rotation_outlives_the_familys_thirty_days() -> None:
    assert expiry(NOW, NOW + timedelta(days=29)) == NOW + timedelta(days=30)


def test_a_login_is_over_after_thirty_days() -> None:
    assert family_end(NOW) == NOW + timedelta(days=30)
