"""Lock-out after repeated failures (OWASP ASVS 2.2.1), without telling which accounts exist.

Failures are counted for the name that was typed, whether or not an account has it. A locked name is refused before
the password is looked at, so the answer tells neither whether the account exists nor whether the password was right.

They are counted for a name and an address, so that a stranger locks out nobody but themselves, and for the name alone,
with a limit that only many strangers together reach (NIST SP 800-63B §5.2.2: at most 100 consecutive failures).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from shared.errors import TooManyRequests, Unauthenticated


class InvalidCredentials(Unauthenticated):
    """Unknown account, wrong password, no password set, or a disabled account: one answer for all of them."""

    code = "invalid_credentials"


class TooManyAttempts(TooManyRequests):
    """The name is locked for a while; `retry_after` is in seconds."""

    code = "too_many_attempts"


@dataclass(frozen=True)
class LockoutPolicy:
    """How many failures, within what time, lock for how long."""

    threshold: int = 5
    window: timedelta = timedelta(minutes=15)
    duration: timedelta = timedelta(minutes=15)


FROM_ONE_ADDRESS = LockoutPolicy()
FROM_ANYWHERE = LockoutPolicy(threshold=100)


@dataclass(frozen=True)
class Attempts:
    """The failures counted for one name."""

    failures: int = 0
    window_started_at: datetime | None = None
    locked_until: datetime | None = None


def check_not_locked(attempts: Attempts, now: datetime) -> None:
    """Raise TooManyAttempts while the name is locked. The lock ends at the instant `locked_until`.

    One that is further off than twice as long as locks last is of a clock that was set back, and keeps nobody out;
    twice, because clocks of several instances differ.
    """
    wait = (attempts.locked_until or now) - now
    if timedelta(0) < wait <= 2 * LockoutPolicy.duration:
        raise TooManyAttempts("too many failed attempts", retry_after=-(-wait // timedelta(seconds=1)))


def after_failure(attempts: Attempts, now: datetime, policy: LockoutPolicy) -> Attempts:
    """The count after one more failure: locked at the threshold, a fresh window when the old one is over.

    A window that begins as far ahead is of a clock that was set back, and would be open until that time comes again.
    """
    started = attempts.window_started_at
    if started is None or attempts.locked_until is not None or abs(now - started) >= policy.window:
        attempts, started = Attempts(), now
    failures = attempts.failures + 1
    locked_until = now + policy.duration if failures >= policy.threshold else None
    return Attempts(failures, started, locked_until)


def attempts_key(tenant: str, email: str, address: str | None = None) -> str:
    """Under which key a name's failures are counted, from one address or from anywhere: a digest, so that typed names
    aren't kept in the clear."""
    parts = [tenant, email] if address is None else [tenant, email, one_client(address)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def one_client(address: str) -> str:
    """Who counts as one: an IPv4 address, however it is written, or a network of 64 bits of IPv6, which is what one
    subscriber has (RFC 6177)."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
    return str(parsed)
