"""Hears of a schema's commits, for work that would otherwise look again and again whether there is something to do."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2

from shared.events.kafka import log
from shared.events.outbox_table import OutboxTable
from shared.events.wakeable import WakeableThread
from shared.settings import ServiceSettings

LOOK_SECONDS = 15.0
"""The longest time between two calls: a safety net."""
RETRY_SECONDS = 0.5


class CommitListener:
    """Calls back soon after every commit that wrote an event of this service, from a thread of its own.

    Several commits may share a call. After a lost connection it calls, too, because nobody told of what was committed
    meanwhile; so whoever looks at the tables at every call misses nothing.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        committed: Callable[[], object],
        connect: Callable[[ServiceSettings], OutboxTable] = OutboxTable.open,
    ) -> None:
        self._settings = settings
        self._committed = committed
        self._connect = connect
        self._thread = WakeableThread("commits", self._run)

    def start(self) -> None:
        """Begin; returns at once, whether or not the database is up."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present call."""
        self._thread.stop()

    def _run(self) -> None:
        while not self._thread.stopping:
            try:
                self._listen()
            except psycopg2.Error as error:
                log.warning("commits are not heard of", reason=str(error).strip(), retry_in=RETRY_SECONDS)
                self._thread.rest(RETRY_SECONDS)

    def _listen(self) -> None:
        """Listen on one connection until it breaks or `stop` is called."""
        table = self._connect(self._settings)
        try:
            while not self._thread.stopping:
                self._committed()
                table.wait(LOOK_SECONDS, self._thread.wake)
        finally:
            table.close()
