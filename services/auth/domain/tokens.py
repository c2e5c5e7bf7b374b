"""Access tokens: JSON Web Tokens by the rules of RFC 8725 and RFC 9068.

The algorithm is fixed here and never read from the token (RFC 8725 §3.1); issuer, audience and type are checked
(§3.8, §3.9, §3.11), so that no other token of this or another issuer passes for an access token; the key is found by
its id in the key set, and an unknown id is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.auth.domain.grants import RoleGrant
from shared.errors import Unauthenticated

ALGORITHM = "EdDSA"
TYPE = "at+jwt"
AUDIENCE = "omnicloud"
LIFETIME = timedelta(minutes=15)
FIRST_PARTY_CLIENT = "omnicloud"
"""The client of people who log in: the platform's own front ends, which aren't registered one by one."""
REQUIRED_CLAIMS = ("iss", "aud", "sub", "exp", "iat", "jti", "client_id", "tenant_id", "kind", "grants")


class InvalidToken(Unauthenticated):
    """Not an access token of this platform, or no longer one; the sentence doesn't say what to forge better."""

    code = "invalid_token"


@dataclass(frozen=True)
class SigningKey:
    """A private key and the id it is published under."""

    kid: str
    private_key: Ed25519PrivateKey


@dataclass(frozen=True)
class Subject:
    """Whom a token is for. `origin` is the log-in or API key that it descends from, and ends with, at the latest at
    `ends_at`; `grant_ids` are the identifiers of the grants, in their order."""

    id: str
    tenant_id: str
    kind: str
    grants: tuple[RoleGrant, ...] = ()
    grant_ids: tuple[str, ...] = ()
    origin: str = ""
    client_id: str = FIRST_PARTY_CLIENT
    ends_at: datetime | None = None


def access_claims(subject: Subject, now: datetime, token_id: str, issuer: str) -> dict[str, Any]:
    """The claims of an access token that is issued now (RFC 9068 §2.2). Times are whole seconds since 1970: a token
    whose origin ends within the second is over at once.

    `sid` (OpenID Connect Front-Channel Logout §3) and `grant_ids` are what the token, or a role in it, is revoked by
    before it expires.
    """
    issued = int(now.timestamp())
    expires = issued + int(LIFETIME.total_seconds())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": subject.id,
        "iat": issued,
        "exp": expires if subject.ends_at is None else min(expires, int(subject.ends_at.timestamp())),
        "jti": token_id,
        "client_id": subject.client_id,
        "tenant_id": subject.tenant_id,
        "kind": subject.kind,
        "grants": [{"role": grant.role, "scope": str(grant.scope)} for grant in subject.grants],
    }
    if subject.origin:
        claims["sid"] = subject.origin
    if subject.grant_ids:
        claims["grant_ids"] = list(subject.grant_ids)
    return claims


def sign(claims: Mapping[str, Any], key: SigningKey) -> str:
    """The compact form of a token, signed, with its type and key id in the header."""
    return jwt.encode(dict(claims), key.private_key, algorithm=ALGORITHM, headers={"typ": TYPE, "kid": key.kid})


def verify(token: str, keys: Mapping[str, Ed25519PublicKey], now: datetime, issuer: str) -> dict[str, Any]:
    """The claims of a genuine access token of this issuer, in force at `now`. Raises InvalidToken for anything else."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != TYPE or header.get("kid") not in keys:
            raise InvalidToken("the token is not an access token of this platform")
        claims = jwt.decode(
            token,
            keys[header["kid"]],
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=issuer,
            options={"require": list(REQUIRED_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        in_force = claims["iat"] <= now.timestamp() < claims["exp"]
    except (jwt.InvalidTokenError, TypeError) as error:
        raise InvalidToken("the token is not an access token of this platform") from error
    if not in_force:
        raise InvalidToken("the token has expired or is not valid yet")
    return claims


def key_set(keys: Iterable[tuple[str, Ed25519PublicKey]]) -> dict[str, Any]:
    """Public keys as a JSON Web Key Set (RFC 7517, RFC 8037)."""
    return {
        "keys": [
            {**jwt.algorithms.OKPAlgorithm.to_jwk(key, as_dict=True), "kid": kid, "use": "sig", "alg": ALGORITHM}
            for kid, key in keys
        ]
    }
