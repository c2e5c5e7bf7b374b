"""API keys in place of access tokens: exchanged at auth, for clients that can't do so themselves.

Terraform's HTTP backend sends one password from its first request to its last, and an apply may take longer than an
access token is good for.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from copy import copy
from dataclasses import dataclass
from http.client import OK
from typing import Any
from weakref import WeakValueDictionary

from services.gateway.ports.limits import RateLimits
from services.gateway.ports.transport import NoAnswer, Transport
from services.gateway.ports.upstreams import Upstreams
from services.gateway.settings import Settings
from shared.clients.errors import error_class
from shared.error_codes import of_status
from shared.errors import OmniCloudError, ServiceUnavailable, Unauthenticated
from shared.kernel.context import CORRELATION_HEADER, TRACEPARENT_HEADER, RequestContext
from shared.utils.clock import Clock

KNOWN_KEYS = 512
"""Keys that were exchanged last, by their digests."""
INSTANCE_SECONDS = 5.0
"""How long one of auth's instances may take for an answer: another may follow within the request's time."""
UNREADABLE = frozenset({400, 413, 422})
"""What auth answers where a text can't be a key, by its length or by a character."""


@dataclass(frozen=True)
class Exchanged:
    """What a key was exchanged for, and until when it is used again, on the monotonic clock."""

    token: str
    until: float


@dataclass(frozen=True)
class Refused:
    """What auth refused a key with, and until when it isn't asked again."""

    error: OmniCloudError
    until: float


class ApiKeys:
    """Exchanges API keys for access tokens; a refused key counts against its client's address."""

    def __init__(
        self, settings: Settings, upstreams: Upstreams, http: Transport, limits: RateLimits, clock: Clock
    ) -> None:
        self._settings = settings
        self._upstreams = upstreams
        self._http = http
        self._limits = limits
        self._clock = clock
        self._known: dict[bytes, Exchanged | Refused] = {}
        self._asking: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        """One lock for each key that is being exchanged; gone with the last who holds it."""

    async def exchange(self, key: str, address: str, context: RequestContext) -> str:
        """An access token for the key. Auth is asked by one request at a time; a token, or a refusal of
        whoever has the key, goes for those that wait and for a moment after.

        Raises what auth refuses it with (a wrong or revoked key, a suspended tenant), TooManyRequests for an address
        that has sent too many wrong ones, or ServiceUnavailable.
        """
        digest = hashlib.sha256(key.encode()).digest()
        known = self._present(digest)
        if known is None:
            async with self._asking.setdefault(digest, asyncio.Lock()):
                known = self._present(digest) or await self._ask(key, digest, address, context)
        if isinstance(known, Refused):
            raise copy(known.error)  # One error that is raised many times would gather all their tracebacks.
        return known.token

    def _present(self, digest: bytes) -> Exchanged | Refused | None:
        """What auth said of a key a moment ago."""
        known = self._known.get(digest)
        return known if known is not None and self._clock.monotonic() < known.until else None

    async def _ask(self, key: str, digest: bytes, address: str, context: RequestContext) -> Exchanged | Refused:
        """What auth says of a key now. Raises ServiceUnavailable when it says nothing, and Unauthenticated for a wrong
        key: neither is kept, and of wrong ones an address has no more than its limit."""
        await self._limits.ensure_anonymous(address)
        said: str | OmniCloudError
        try:
            said = await self._exchange(key, context)
        except ServiceUnavailable:
            raise
        except Unauthenticated:
            self._known.pop(digest, None)
            await self._limits.count_anonymous(address)
            raise
        except OmniCloudError as error:
            said = error
        until = self._clock.monotonic() + self._settings.api_key_seconds
        known = Exchanged(said, until) if isinstance(said, str) else Refused(said, until)
        self._remember(digest, known)
        return known

    async def _exchange(self, key: str, context: RequestContext) -> str:
        body = json.dumps({"grant_type": "api_key", "api_key": key}).encode()
        headers = [
            ("Host", "auth.service.consul"),
            ("Content-Type", "application/json"),
            (CORRELATION_HEADER, context.correlation_id),
            (TRACEPARENT_HEADER, context.traceparent),
        ]
        for instance in self._upstreams.instances("auth"):
            try:
                answer = await self._http.send("POST", f"{instance.url}/v1/tokens", headers, body, INSTANCE_SECONDS)
                content = await answer.read()
            except NoAnswer:
                continue
            if answer.status == OK:
                return str(json.loads(content)["access_token"])
            if answer.status in UNREADABLE:
                raise error_class(401, "invalid_api_key")("the API key is not valid")
            if answer.status < 500:
                raise _refusal(answer.status, content)
        raise ServiceUnavailable("API keys can't be verified now: auth is not available", retry_after=1)

    def _remember(self, digest: bytes, known: Exchanged | Refused) -> None:
        """Keep the keys that were exchanged last."""
        self._known.pop(digest, None)
        self._known[digest] = known
        if len(self._known) > KNOWN_KEYS:
            del self._known[next(iter(self._known))]


def _refusal(status: int, content: bytes) -> OmniCloudError:
    """Auth's answer as the client's own."""
    try:
        problem: dict[str, Any] = json.loads(content)
    except ValueError:
        problem = {}
    code = str(problem.get("code") or of_status(status).code)
    return error_class(status, code)(str(problem.get("detail") or "the API key is not valid"))
