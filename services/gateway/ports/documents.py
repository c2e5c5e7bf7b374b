"""The services' OpenAPI documents, asked for when they are wanted and kept for a while."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from services.gateway.domain.documents import joined
from services.gateway.ports.transport import NoAnswer, NoRoom, NotReached, Transport
from services.gateway.ports.upstreams import Upstreams
from shared import services
from shared.errors import ServiceUnavailable
from shared.kernel.logs import logger
from shared.utils.clock import Clock

log = logger("gateway.documents")

KEPT_SECONDS = 60.0
"""How old a service's document may be: another version of a service has another one."""
PATIENCE_SECONDS = 5.0
"""A service makes its document once, when it is first asked for it; that takes less than a second."""
CALLER = "documents"
"""Whose these requests are, where a breaker asks."""


class Documents:
    """Asks every service at most once in `KEPT_SECONDS`, whoever asks here."""

    def __init__(self, upstreams: Upstreams, http: Transport, clock: Clock) -> None:
        self._upstreams = upstreams
        self._http = http
        self._clock = clock
        self._known: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._joint: tuple[tuple[tuple[str, float], ...], bytes] | None = None
        self._asking: asyncio.Lock | None = None

    async def joint(self) -> bytes:
        """The document of all services that are in routing now, as JSON. It says which ones aren't."""
        if self._asking is None:  # Made by a request, since it belongs to the running loop.
            self._asking = asyncio.Lock()
        async with self._asking:
            await asyncio.gather(*(self._refresh(service) for service in services.ROUTED))
            known = {service: entry for service, entry in self._known.items() if self._upstreams.instances(service)}
            version = tuple((service, since) for service, (since, _) in sorted(known.items()))
            if self._joint is None or self._joint[0] != version:
                documents = {service: document for service, (_, document) in known.items()}
                missing = set(services.ROUTED) - set(known)
                self._joint = version, json.dumps(joined(documents, missing)).encode()
            return self._joint[1]

    async def _refresh(self, service: str) -> None:
        """Ask a service whose document is unknown or old; one that doesn't answer is asked again next time."""
        known = self._known.get(service)
        if known is not None and self._clock.monotonic() - known[0] < KEPT_SECONDS:
            return
        try:
            document = await self._ask(service)
        except (NoAnswer, ServiceUnavailable, ValueError) as error:
            self._known.pop(service, None)
            log.warning("no document of a service", asked=service, error=str(error) or type(error).__name__)
            return
        self._known[service] = self._clock.monotonic(), document

    async def _ask(self, service: str) -> Mapping[str, Any]:
        """Raises NoAnswer, ServiceUnavailable, or ValueError for an answer that is no document."""
        target = self._upstreams.choose(service, CALLER)
        headers = [("Host", f"{service}.service.consul")]
        try:
            answer = await self._http.send("GET", f"{target.instance.url}/openapi.json", headers, b"", PATIENCE_SECONDS)
            content = await answer.read()
        except NoRoom:
            target.call.dropped()
            raise
        except NoAnswer as error:
            target.call.failed("" if isinstance(error, NotReached) else CALLER)
            raise
        target.call.succeeded()
        document = json.loads(content)
        if answer.status != 200 or "paths" not in document:
            raise ValueError(f"answered {answer.status}")
        found: Mapping[str, Any] = document
        return found
