"""Crowds: of one tenant's requests so many are answered at once, and the others wait without taking anything.

An end point takes a thread, and a connection to the database where it needs one, until it has answered. Both are
everybody's: a tenant that sends a hundred orders at once would have all of them, and whoever comes next would wait
behind the hundred. Those that wait here hold neither.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.infra.bulkhead import TooManyAtOnce
from shared.utils.deadline import Deadline

AT_ONCE = 10
"""Of one tenant: half of the connections that a service's pool can have, a quarter of its threads."""
PATIENCE_SECONDS = 8.0
"""How long a request waits for its turn: what is left of its budget is enough to answer it then."""


class Crowds:
    """Whose turn it is among the requests of each tenant: who came first. For one event loop."""

    def __init__(self, at_once: int = AT_ONCE, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._at_once = at_once
        self._patience = patience_seconds
        self._inside: defaultdict[str, int] = defaultdict(int)
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)

    @asynccontextmanager
    async def turn(self, tenant_id: str, deadline: Deadline | None = None) -> AsyncIterator[None]:
        """A tenant's turn for the length of a block. Raises TooManyAtOnce when it doesn't come in time."""
        patience = self._patience if deadline is None else min(self._patience, deadline.remaining())
        await self._enter(tenant_id, max(0.0, patience))
        try:
            yield
        finally:
            self._leave(tenant_id)

    async def _enter(self, tenant_id: str, patience: float) -> None:
        if self._inside[tenant_id] < self._at_once:
            self._inside[tenant_id] += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[tenant_id].append(turn)
        try:
            await asyncio.wait_for(asyncio.shield(turn), patience)
        except TimeoutError:
            if not turn.done():
                self._waiting[tenant_id].remove(turn)
                raise TooManyAtOnce(
                    f"more than {self._at_once} requests at once, and their turn doesn't come", retry_after=1
                ) from None
        except BaseException:
            self._give_up(tenant_id, turn)
            raise

    def _give_up(self, tenant_id: str, turn: asyncio.Future[None]) -> None:
        """Whoever waited has gone: its turn, if it has come at this moment, is the next one's."""
        if turn.done():
            self._leave(tenant_id)
        else:
            self._waiting[tenant_id].remove(turn)

    def _leave(self, tenant_id: str) -> None:
        """Hand the turn on, or have one less inside."""
        waiting = self._waiting.get(tenant_id)
        if waiting:
            waiting.popleft().set_result(None)
        else:
            self._inside[tenant_id] -= 1
        if not self._inside[tenant_id]:
            del self._inside[tenant_id]
        if not self._waiting.get(tenant_id, True):
            del self._waiting[tenant_id]
