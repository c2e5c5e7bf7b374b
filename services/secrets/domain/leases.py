"""Leases: how long a dynamic secret lives. A renewal is a request that the maximum TTL may cut (Vault's rule)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import Conflict, Forbidden, ValidationFailed

MAX_TTL_SECONDS = 24 * 3600


class InvalidTtl(ValidationFailed):
    """A TTL is positive and at most the maximum TTL, which is at most a day."""

    code = "invalid_ttl"


class LeaseEnded(Conflict):
    """The lease has expired or was revoked."""

    code = "lease_ended"


class TokenRevoked(Conflict):
    """The token was revoked; nothing can be leased under it any more."""

    code = "token_revoked"


class LeaseForbidden(Forbidden):
    """The lease is somebody else's."""

    code = "lease_forbidden"


@dataclass(frozen=True)
class Lease:
    """From when until when something may be used."""

    issued_at: datetime
    expires_at: datetime
    max_ttl_seconds: int
    revoked: bool = False

    @property
    def latest_end(self) -> datetime:
        """The end that no renewal goes beyond."""
        return self.issued_at + timedelta(seconds=self.max_ttl_seconds)

    def is_live(self, now: datetime) -> bool:
        """Whether it may be used: not revoked, and before its end."""
        return not self.revoked and now < self.expires_at


def issue(now: datetime, ttl_seconds: int, max_ttl_seconds: int) -> Lease:
    """A new lease. Raises InvalidTtl."""
    if not 0 < ttl_seconds <= max_ttl_seconds <= MAX_TTL_SECONDS:
        raise InvalidTtl(f"0 < ttl_seconds <= max_ttl_seconds <= {MAX_TTL_SECONDS}")
    return Lease(now, now + timedelta(seconds=ttl_seconds), max_ttl_seconds)


def renew(lease: Lease, now: datetime, increment_seconds: int) -> Lease:
    """The lease with its end moved to `increment_seconds` from now, or to its latest end when that comes first.

    Raises LeaseEnded and InvalidTtl.
    """
    if not lease.is_live(now):
        raise LeaseEnded("the lease has ended; a new one is needed")
    if increment_seconds <= 0:
        raise InvalidTtl("increment_seconds is positive")
    wanted = now + timedelta(seconds=min(increment_seconds, MAX_TTL_SECONDS))
    return replace(lease, expires_at=min(wanted, lease.latest_end))


def remaining_seconds(lease: Lease, now: datetime) -> int:
    """Whole seconds left; 0 for one that has ended."""
    return max(0, int((lease.expires_at - now).total_seconds())) if lease.is_live(now) else 0


def with_descendants(parents: Mapping[str, str | None], token_id: str) -> set[str]:
    """The token and all tokens made under it, however deep: what a revocation reaches."""
    children: dict[str | None, list[str]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    reached: set[str] = set()
    waiting: list[str] = [token_id]
    while waiting:
        token = waiting.pop()
        if token not in reached:
            reached.add(token)
            waiting.extend(_of(children, token))
    return reached


def _of(children: Mapping[str | None, list[str]], token: str) -> Iterable[str]:
    return children.get(token, ())
