"""Who is calling. The gateway verifies a token once and forwards a signed identity; services trust only that.

The forwarded identity is a short-lived JWT under a key that only the platform's own processes know (RFC 8725: one
fixed algorithm, issuer, audience and expiry are checked).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, get_args

import jwt

from shared.errors import Forbidden, Unauthenticated

IDENTITY_HEADER = "X-Omnicloud-Identity"
TENANT_HEADER = "X-Tenant-Id"
ALGORITHM = "HS256"
ISSUER = "omnicloud-gateway"
AUDIENCE = "omnicloud-services"
LIFETIME_SECONDS = 60
"""Long enough for the longest request with its retries, short enough that a leaked header is soon worthless."""
KEPT = 512
"""Identities signed and verified last, whose cryptography isn't done again."""

PLATFORM_TENANT = "platform"
"""The operators' own tenant, and that of work that belongs to none. It is no customer: nobody suspends or closes it."""

Kind = Literal["user", "service_account", "service", "operator"]
CROSS_TENANT_KINDS: frozenset[Kind] = frozenset({"service", "operator"})


@dataclass(frozen=True)
class Grant:
    """A role within a scope: `tenant` (all of the tenant) or `project:<id>`."""

    role: str
    scope: str


@dataclass(frozen=True)
class Identity:
    """A verified caller. `actor` is on whose behalf a service calls; what that one is and may do comes along as
    `actor_kind` and, in its own tenant, `grants`: a way over a service opens nothing, and closes nothing."""

    subject: str
    tenant_id: str
    kind: Kind
    grants: tuple[Grant, ...] = ()
    actor: str | None = None
    actor_kind: Kind | None = None

    @classmethod
    def for_service(cls, name: str, tenant_id: str, actor: str | None = None) -> Identity:
        """The identity a service acts under, in a tenant."""
        return cls(subject=f"service:{name}", tenant_id=tenant_id, kind="service", actor=actor)

    @classmethod
    def on_behalf_of(cls, caller: Identity, service: str, tenant_id: str) -> Identity:
        """The identity under which a service does in a tenant what a caller, or the one behind it, asked for."""
        return cls(
            subject=f"service:{service}",
            tenant_id=tenant_id,
            kind="service",
            grants=caller.grants if tenant_id == caller.tenant_id else (),
            actor=caller.responsible,
            actor_kind=caller.actor_kind if caller.kind == "service" else caller.kind,
        )

    @property
    def responsible(self) -> str:
        """Who answers for what is done: the one on whose behalf, else the caller."""
        return self.actor or self.subject

    def in_tenant(self, requested: str | None) -> Identity:
        """The identity within the tenant it acts on.

        The tenant comes from the verified token. Only services and platform operators may select another one.
        Raises Forbidden for everybody else who names a tenant that is not theirs.
        """
        if not requested or requested == self.tenant_id:
            return self
        if self.kind not in CROSS_TENANT_KINDS:
            raise Forbidden("the token belongs to another tenant")
        return replace(self, tenant_id=requested)


def sign_identity(identity: Identity, key: str, now: datetime) -> str:
    """The identity as a signed header value, valid for a minute."""
    return _signed(identity, key, int(now.timestamp()))


@lru_cache(maxsize=KEPT)
def _signed(identity: Identity, key: str, issued: int) -> str:
    """The header value, which is the same for everything that a caller asks within one second."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": issued,
        "exp": issued + LIFETIME_SECONDS,
        "sub": identity.subject,
        "tid": identity.tenant_id,
        "kind": identity.kind,
        "grants": [[grant.role, grant.scope] for grant in identity.grants],
    }
    if identity.actor:
        claims["act"] = identity.actor
    if identity.actor_kind:
        claims["act_kind"] = identity.actor_kind
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def verify_identity(token: str, key: str, now: datetime) -> Identity:
    """The identity in a header value. Raises Unauthenticated when the signature or any claim is wrong at `now`."""
    identity, issued, expires = _verified(token, key)
    # A minute's grace, for clocks that differ.
    if not issued - LIFETIME_SECONDS <= now.timestamp() < expires + LIFETIME_SECONDS:
        raise Unauthenticated("the forwarded identity is not in force now")
    return identity


def identity_in(token: str, key: str) -> Identity:
    """The identity in a header value that was signed at some time. Raises Unauthenticated when it never was."""
    return _verified(token, key)[0]


@lru_cache(maxsize=KEPT)
def _verified(token: str, key: str) -> tuple[Identity, int, int]:
    """What is true of a header value at any time: its identity, and when it was issued and expires. Kept, because one
    caller's requests of a second come with the same value. Raises Unauthenticated."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            # The library would ask the machine for the time; the process's clock may be another.
            options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_exp": False, "verify_iat": False},
        )
        if claims["kind"] not in get_args(Kind):
            raise Unauthenticated("the forwarded identity is of no known kind")
        grants = tuple(Grant(role, scope) for role, scope in claims["grants"])
        actor, actor_kind = claims.get("act"), claims.get("act_kind")
        if actor_kind is not None and actor_kind not in get_args(Kind):
            raise Unauthenticated("who is behind the forwarded identity is of no known kind")
        identity = Identity(claims["sub"], claims["tid"], claims["kind"], grants, actor, actor_kind)
        return identity, int(claims["iat"]), int(claims["exp"])
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
        raise Unauthenticated("the forwarded identity can't be verified") from error
