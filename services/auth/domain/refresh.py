"""Refresh-token rotation: each token works once, and showing a used one again ends the whole family.

RFC 9700 §4.14.2: when a rotated token comes back, either the thief or the owner holds a stale copy; since nobody can
tell which, every token that descends from the same login is revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.errors import Unauthenticated

IDLE_LIFETIME = timedelta(days=7)
"""A token that isn't used for this long is over."""

FAMILY_LIFETIME = timedelta(days=30)
"""However often it is rotated, a login doesn't outlive this."""


class InvalidRefreshToken(Unauthenticated):
    """Unknown, used, expired or revoked: the caller isn't told which, and logs in again."""

    code = "invalid_refresh_token"


class Verdict(StrEnum):
    """What to do with a presented refresh token."""

    ROTATE = "rotate"
    """Give out a successor and mark this one used."""
    REVOKE_FAMILY = "revoke_family"
    """It was used before: revoke everything that descends from the same login."""
    REFUSE = "refuse"
    """It is over; nothing else changes."""


@dataclass(frozen=True)
class PresentedToken:
    """The stored state of the token that a caller showed, and of its family."""

    expires_at: datetime
    used_at: datetime | None
    family_revoked_at: datetime | None


def judge(token: PresentedToken, now: datetime) -> Verdict:
    """The verdict on a presented token. A token is over at the instant it expires."""
    if token.family_revoked_at is not None:
        return Verdict.REFUSE
    if token.used_at is not None:
        return Verdict.REVOKE_FAMILY
    if now >= token.expires_at:
        return Verdict.REFUSE
    return Verdict.ROTATE


def expiry(family_started_at: datetime, now: datetime) -> datetime:
    """When a token that is given out now expires: the idle limit, cut off by the family's end."""
    return min(now + IDLE_LIFETIME, family_end(family_started_at))


def family_end(started_at: datetime) -> datetime:
    """When a login is over, and with it every token that descends from it."""
    return started_at + FAMILY_LIFETIME
