"""Failed log-ins: counted for a name from one address, and for the name from anywhere.

Whoever changes their own password shows the present one, which can be guessed as well: it counts as a log-in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth import published
from services.auth.domain import lockout
from services.auth.models import Account
from services.auth.published import Factor, LockedBy
from services.auth.repository import attempts
from shared.utils.ids import new_id


class Somebody(Protocol):
    """A name, and where it was typed."""

    @property
    def tenant_id(self) -> str: ...

    @property
    def email(self) -> str: ...

    @property
    def address(self) -> str: ...


@dataclass(frozen=True)
class Locked:
    """What a failure has locked, and until when."""

    by: LockedBy
    until: datetime


@dataclass(frozen=True)
class Counted:
    """One count, and the policy that it is judged by."""

    by: LockedBy
    key: str
    attempts: lockout.Attempts
    policy: lockout.LockoutPolicy


@dataclass(frozen=True)
class Failures:
    """The counts of one log-in, held until its transaction ends."""

    counts: tuple[Counted, ...]

    def count(self, now: datetime) -> Iterator[Locked]:
        """One failure more; what is locked by it."""
        for counted in self.counts:
            after = lockout.after_failure(counted.attempts, now, counted.policy)
            attempts.keep(counted.key, after)
            if after.locked_until is not None:
                yield Locked(counted.by, after.locked_until)

    def forget(self) -> None:
        """A success clears the counts."""
        for counted in self.counts:
            attempts.forget(counted.key)


def hold(claimed: Somebody, now: datetime) -> Failures:
    """The counts of a name; others who try it wait until this transaction ends. Raises TooManyAttempts."""
    kinds: tuple[tuple[LockedBy, str | None, lockout.LockoutPolicy], ...] = (
        ("account", None, lockout.FROM_ANYWHERE),
        ("address", claimed.address, lockout.FROM_ONE_ADDRESS),
    )
    counts = []
    for by, address, policy in kinds:
        key = lockout.attempts_key(claimed.tenant_id, claimed.email, address)
        counts.append(Counted(by, key, attempts.hold(key), policy))
        lockout.check_not_locked(counts[-1].attempts, now)
    return Failures(tuple(counts))


def count_and_tell(failures: Failures, account: Account | None, address: str, reason: Factor, now: datetime) -> None:
    """Count a failure that `hold` has given the counts of, and tell of it and of what it locks."""
    attempt = new_id("la")
    published.login_failed(attempt, account, reason, address)
    for locked in failures.count(now):
        published.login_locked(attempt, account, locked.by, locked.until, address)
