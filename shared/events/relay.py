"""Brings committed events from the outbox to the broker: at least once, in order for each subject.

One relay works for a schema at a time, whoever holds the advisory lock; the others stand by. Rows go out in the order
in which they were written; events of one subject are written under its row lock, so that order is theirs, and the
broker keeps it because they share a partition. A row is marked only after the broker has confirmed it: a crash between
sends it again, and consumers know it by its identifier.
"""

from __future__ import annotations

import time

from prometheus_client import Counter, Gauge

from shared.events.kafka import log
from shared.events.outbox_table import PRUNE_BATCH, Backlog, OutboxTable
from shared.events.publisher import Publisher
from shared.events.wakeable import WakeableThread
from shared.settings import ServiceSettings

LOOK_SECONDS = 15.0
"""How often to look without having been told, while the database tells of every commit: a safety net."""
CLAIM_SECONDS = 1.0
"""How often to try for the lock while standing by: nothing tells that it has become free."""
FIRST_WAIT, MAX_WAIT = 0.1, 2.0
"""Back-off in seconds while the database or the broker refuses."""
PRUNE_SECONDS = 60.0

published_total = Counter("outbox_published_total", "Events confirmed by the broker")
pending_events = Gauge("outbox_pending_events", "Committed events that the broker has not confirmed yet")
lag_seconds = Gauge("outbox_lag_seconds", "Age of the oldest committed event that the broker has not confirmed yet")


class NotDelivered(Exception):
    """The broker has refused or not confirmed a part of a batch."""


class OutboxRelay:
    """The relay of one process: a thread with a database connection and a producer of its own."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._publisher = Publisher(settings)
        self._thread = WakeableThread("outbox-relay", self._run)
        self._wait = FIRST_WAIT
        self._prune_at = 0.0
        self._backlog, self._measured_at = Backlog(0, 0.0), 0.0

    def start(self) -> None:
        """Begin; returns at once."""
        lag_seconds.set_function(self._lag)
        self._thread.start()

    def stop(self) -> None:
        """End. What has been committed and not confirmed stays in the outbox for the next relay."""
        self._thread.stop()

    def _run(self) -> None:
        while not self._thread.stopping:
            try:
                self._relay()
            except Exception as error:  # noqa: BLE001 - whatever it is: without this thread no event leaves the service
                log.warning("outbox relay interrupted", reason=str(error).strip(), retry_in=self._wait)
                self._thread.rest(self._wait)
                self._wait = min(self._wait * 2, MAX_WAIT)
        self._publisher.discard()

    def _relay(self) -> None:
        """Work on one database connection until it breaks or the relay is stopped."""
        table = OutboxTable.open(self._settings)
        try:
            while not self._thread.stopping and not table.claim():
                table.wait(CLAIM_SECONDS, self._thread.wake)
            while not self._thread.stopping:
                self._drain(table)
                self._prune(table)
                table.wait(LOOK_SECONDS, self._thread.wake)
        finally:
            table.close()

    def _drain(self, table: OutboxTable) -> None:
        """Send until nothing is pending. Raises NotDelivered when the broker didn't confirm everything."""
        while events := table.pending():
            self._note(Backlog(len(events), events[0].age))
            confirmed = self._publisher.send(events, lambda: self._keep_waiting(table))
            table.mark_published(confirmed)
            published_total.inc(len(confirmed))
            if len(confirmed) < len(events):
                raise NotDelivered(f"{len(events) - len(confirmed)} of {len(events)} events were not confirmed")
            self._wait = FIRST_WAIT
        self._note(Backlog(0, 0.0))

    def _keep_waiting(self, table: OutboxTable) -> bool:
        """While the broker is silent: measure the backlog, notice a lost database connection, and obey `stop`."""
        self._note(table.backlog())
        return not self._thread.stopping

    def _note(self, backlog: Backlog) -> None:
        """Remember what waits, and tell it."""
        self._backlog, self._measured_at = backlog, time.monotonic()
        pending_events.set(backlog.count)

    def _prune(self, table: OutboxTable) -> None:
        now = time.monotonic()
        if now < self._prune_at:
            return
        if table.prune() < PRUNE_BATCH:
            self._prune_at = now + PRUNE_SECONDS

    def _lag(self) -> float:
        """Seconds since the oldest pending event was written, at the moment of asking."""
        if not self._backlog.count:
            return 0.0
        return self._backlog.age + time.monotonic() - self._measured_at
