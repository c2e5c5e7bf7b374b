"""Verification of access tokens against auth's JSON Web Key Set (RFC 7517, RFC 8725, RFC 9068)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.client import OK
from typing import Any

import jwt

from services.gateway.domain.standing import Origin, Standing
from services.gateway.ports.transport import NoAnswer, Transport
from services.gateway.ports.upstreams import Upstreams
from services.gateway.settings import Settings
from shared.errors import ServiceUnavailable, Unauthenticated
from shared.kernel.identity import Grant, Identity
from shared.kernel.logs import logger
from shared.utils.clock import Clock

log = logger("gateway.tokens")

ALGORITHMS = ["EdDSA", "RS256"]
"""Fixed here; what a token's header claims is only compared with it."""
TOKEN_TYPE = "at+jwt"
USER_KINDS = frozenset({"user", "service_account", "operator"})
CLOCK_SKEW_SECONDS = 5
KNOWN_TOKENS = 512
"""Tokens verified last, whose signatures aren't checked again: a caller sends one for minutes."""

REFRESH_SECONDS = 1.0
"""How long a request waits for keys that are to be newer than those it could go by."""
FETCH_SECONDS = 10.0
"""How long it waits where there are none: less than a request has in all."""
INSTANCE_SECONDS = 5.0
"""How long for each of auth's instances."""
SILENCE_SECONDS = 5.0
"""So long requests that can go by the last keys don't ask again after auth said nothing."""


class SigningKeys:
    """The keys under which auth signs access tokens."""

    def __init__(self, upstreams: Upstreams, http: Transport) -> None:
        self._upstreams = upstreams
        self._http = http

    async def fetch(self) -> dict[str, Any]:
        """Auth's JSON Web Key Set, from any healthy instance. Raises ServiceUnavailable."""
        for instance in self._upstreams.instances("auth"):
            try:
                answer = await self._http.send(
                    "GET",
                    f"{instance.url}/v1/jwks",
                    [("Host", "auth.service.consul")],
                    b"",
                    INSTANCE_SECONDS,
                )
                content = await answer.read()
            except NoAnswer:
                continue
            if answer.status == OK:
                document: dict[str, Any] = json.loads(content)
                return document
        raise ServiceUnavailable("tokens can't be verified now: auth is not available", retry_after=1)


@dataclass(frozen=True)
class Verified:
    """A token whose signature is right under a key."""

    key_id: str
    key: jwt.PyJWK
    claims: Mapping[str, Any]
    identity: Identity
    origin: Origin


class TokenVerifier:
    """Turns an access token into an identity. Keys are fetched on first use and when an unknown key id appears."""

    def __init__(self, settings: Settings, keys: SigningKeys, clock: Clock, standing: Standing) -> None:
        self._settings = settings
        self._signing_keys = keys
        self._clock = clock
        self._standing = standing
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._silent = False
        """Whether auth said nothing when it was asked last."""
        self._asking = asyncio.Lock()
        self._known: dict[str, Verified] = {}

    async def verify(self, token: str) -> Identity:
        """The token's identity. Raises Unauthenticated, with one sentence on what is wrong; TenantSuspended or
        TenantClosed; AccessRevoked when what it was issued for is over.

        Of a token that is shown again only its signature and what it says aren't looked at again. Whether its key is
        still auth's, whether it is in force and who may still act is asked of every request.
        """
        known = self._known.get(token)
        if known is not None and await self._key(known.key_id) is known.key:
            self._check_times(known.claims)
            return self._as_it_stands(known)
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("the token is not a JSON Web Token") from error
        if str(header.get("typ", "")).lower() != TOKEN_TYPE:
            raise Unauthenticated("this is not an access token")
        key_id = str(header.get("kid", ""))
        key = await self._key(key_id)
        claims = self._decode(token, key)
        verified = Verified(key_id, key, claims, self._identity(claims), self._origin(claims))
        self._remember(token, verified)
        return self._as_it_stands(verified)

    def _as_it_stands(self, verified: Verified) -> Identity:
        """The identity with what it has lost since the token was issued taken away."""
        # A tenant that stands still ends its log-ins, too: what is said of it is why.
        self._standing.ensure_active(verified.identity.tenant_id)
        self._standing.ensure_in_force(verified.origin)
        grants = self._standing.remaining(verified.identity.grants, verified.origin)
        return verified.identity if grants is verified.identity.grants else replace(verified.identity, grants=grants)

    async def again(self, token: str) -> Identity:
        """The identity of a token that was verified when its request began. Who may still act is asked anew; that it
        has run out since then isn't. Raises as `verify` does."""
        known = self._known.get(token)
        return self._as_it_stands(known) if known is not None else await self.verify(token)

    def _remember(self, token: str, verified: Verified) -> None:
        """Keep the tokens that were verified last."""
        self._known.pop(token, None)
        self._known[token] = verified
        if len(self._known) > KNOWN_TOKENS:
            del self._known[next(iter(self._known))]

    def _decode(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm for algorithm in ALGORITHMS if algorithm == key.algorithm_name],
                audience=self._settings.token_audience,
                issuer=self._settings.token_issuer,
                # The library would ask the machine for the time; the gateway has a clock of its own.
                options={
                    "require": ["exp", "iat", "sub", "aud", "iss", "jti"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            self._check_times(claims)
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise Unauthenticated("the token can't be verified") from error
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        """Raise Unauthenticated for a token that isn't in force yet, or not any more (RFC 7519 §4.1.4 to 4.1.6)."""
        now = self._clock.now().timestamp()
        if now >= int(claims["exp"]) + CLOCK_SKEW_SECONDS:
            raise Unauthenticated("the token has expired")
        if now < max(int(claims["iat"]), int(claims.get("nbf", 0))) - CLOCK_SKEW_SECONDS:
            raise Unauthenticated("the token is not in force yet")

    @staticmethod
    def _identity(claims: dict[str, Any]) -> Identity:
        try:
            if claims["kind"] not in USER_KINDS:
                raise Unauthenticated("the token is of no known kind")
            grants = tuple(Grant(grant["role"], grant["scope"]) for grant in claims.get("grants", []))
            return Identity(claims["sub"], claims["tenant_id"], claims["kind"], grants)
        except (KeyError, TypeError) as error:
            raise Unauthenticated("the token lacks a claim") from error

    @staticmethod
    def _origin(claims: Mapping[str, Any]) -> Origin:
        names = claims.get("grant_ids", [])
        return Origin.of(claims, names if isinstance(names, list) else [])

    async def _key(self, key_id: str) -> jwt.PyJWK:
        """The key of an id. Of requests that need the keys anew one asks auth, and the others wait for it.

        While auth is away or slow the last keys go on to count, for as long as the settings say, and nobody waits long
        for others. Raises Unauthenticated for an unknown id, ServiceUnavailable when it can't be known which keys are
        auth's.
        """
        if self._due(key_id) and not (self._usable(key_id) and self._asking.locked()):
            async with self._asking:
                if self._due(key_id):
                    await self._ask(REFRESH_SECONDS if self._usable(key_id) else FETCH_SECONDS)
        if self._clock.monotonic() - self._fetched_at > self._settings.jwks_stale_seconds:
            raise ServiceUnavailable("tokens can't be verified now: auth is not available", retry_after=1)
        try:
            return self._keys[key_id]
        except KeyError as error:
            raise Unauthenticated("the token was signed with an unknown key") from error

    def _due(self, key_id: str) -> bool:
        """Whether auth is to be asked: keys are old or one is unknown, and it wasn't asked just now."""
        now = self._clock.monotonic()
        pause = SILENCE_SECONDS if self._silent and self._usable(key_id) else self._settings.jwks_refetch_seconds
        if now - self._asked_at <= pause:
            return False
        return key_id not in self._keys or now - self._fetched_at > self._settings.jwks_cache_seconds

    def _usable(self, key_id: str) -> bool:
        """Whether a key is known and, while auth says nothing, goes on to count."""
        return key_id in self._keys and self._clock.monotonic() - self._fetched_at <= self._settings.jwks_stale_seconds

    async def _ask(self, patience: float) -> None:
        """Take auth's keys, if it tells them within `patience` seconds."""
        self._silent = True
        try:
            async with asyncio.timeout(patience):
                document = await self._signing_keys.fetch()
        except (ServiceUnavailable, TimeoutError) as error:
            log.warning("auth can't be asked for its keys", error=str(error) or type(error).__name__)
        else:
            self._silent = False
            self._keys = {str(key.key_id): key for key in jwt.PyJWKSet.from_dict(document).keys}
            self._fetched_at = self._clock.monotonic()
        self._asked_at = self._clock.monotonic()
