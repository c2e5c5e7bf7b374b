"""Who may still act: what has ended since a token was issued.

A token says what was true when it was issued; it is good for minutes, and can't be called back. What ends meanwhile
(RFC 7009; OpenID Connect's back-channel log-out; the Shared Signals Framework's CAEP) is kept here by the identifiers
that tokens bear: the account, the log-in or API key that it descends from, and each role. So nothing depends on which
of two clocks is ahead, and whoever logs in again in the same second gets in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.errors import Unauthenticated
from shared.kernel.identity import Grant
from shared.kernel.standing import ACTIVE, check_may_enter
from shared.utils.clock import Clock

AFTER_CHANGE_SECONDS = 120.0
"""Longer than clocks differ and events are under way."""
SIGNATURE_SECONDS = 7 * 24 * 3600.0
"""The longest life of a presigned URL, which ends with the account that signed it (Signature Version 4)."""


class AccessRevoked(Unauthenticated):
    """The account, the log-in or the API key that the token descends from is over: log in again."""

    code = "access_revoked"


@dataclass(frozen=True)
class Origin:
    """What a token descends from: identifiers that it ends with, and the identifier of each of its roles."""

    ends_with: tuple[str, ...]
    grant_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, claims: Mapping[str, object], grant_ids: Sequence[str]) -> Origin:
        """The origin that a token's claims name: its subject, and `sid`, the log-in or API key."""
        named = (claims.get("sub"), claims.get("sid"))
        return cls(tuple(str(name) for name in named if name), tuple(map(str, grant_ids)))


class Standing:
    """What has ended. Written by the thread that hears of it, read by every request: a look into a table or two."""

    def __init__(self, clock: Clock, token_seconds: float) -> None:
        """`token_seconds` is the longest life of a token: so long it matters what has ended."""
        self._clock = clock
        self._token_seconds = token_seconds + AFTER_CHANGE_SECONDS
        self._ended: dict[str, float] = {}
        self._forget_at = 0.0
        self._tenants: dict[str, tuple[int, str]] = {}

    # ------------------------------------------------------------------ what is asked

    def ensure_in_force(self, origin: Origin) -> None:
        """Raise AccessRevoked for a token whose account, log-in or key is over."""
        if self._ended and any(name in self._ended for name in origin.ends_with):
            raise AccessRevoked("what the token was issued for is over: log in again")

    def remaining(self, grants: tuple[Grant, ...], origin: Origin) -> tuple[Grant, ...]:
        """The roles of a token without those that were taken back since."""
        if not self._ended or not any(name in self._ended for name in origin.grant_ids):
            return grants
        pairs = zip(grants, origin.grant_ids, strict=False)
        return tuple(grant for grant, name in pairs if name not in self._ended)

    def ensure_active(self, tenant_id: str) -> None:
        """Raise TenantSuspended or TenantClosed unless the tenant is active, as far as was heard."""
        known = self._tenants.get(tenant_id)
        check_may_enter(known[1] if known else ACTIVE)

    # ------------------------------------------------------------------ what is heard

    def tenant_is(self, tenant_id: str, status: str, sequence: int) -> None:
        """A tenant's state, unless a later one is known: events may come again, and late."""
        known = self._tenants.get(tenant_id)
        if known is None or sequence > known[0]:
            self._tenants[tenant_id] = (sequence, status)

    def account_ended(self, account_id: str) -> None:
        """An account is disabled for good: its tokens are over, and the URLs that it has signed."""
        self._note(account_id, SIGNATURE_SECONDS)

    def ended(self, identifier: str) -> None:
        """A log-in, an API key or a role is over."""
        self._note(identifier, self._token_seconds)

    def _note(self, identifier: str, seconds: float) -> None:
        now = self._clock.monotonic()
        if now >= self._forget_at:
            self._forget_at = now + AFTER_CHANGE_SECONDS
            self._ended = {name: until for name, until in self._ended.items() if until > now}
        self._ended[identifier] = now + seconds + AFTER_CHANGE_SECONDS
