"""Keeps a lease alive from a thread of its own, for as long as its holder works."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from shared.infra.coordination import Coordination, CoordinationUnavailable
from shared.infra.lease_clock import LeaseClock

log = logging.getLogger(__name__)

RENEWALS_PER_TTL = 3
"""Two renewals may fail before the lease is in danger."""
LEAST_PATIENCE_SECONDS = 0.05


class LeaseKeeper:
    """Renews until it is stopped or the lease is lost; then calls `on_lost` once, from its thread."""

    def __init__(self, etcd: Coordination, lease_id: int, clock: LeaseClock, on_lost: Callable[[], None]) -> None:
        self._etcd = etcd
        self._lease_id = lease_id
        self._clock = clock
        self._on_lost = on_lost
        self._interval = clock.ttl / RENEWALS_PER_TTL
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease-{lease_id:x}", daemon=True)

    def start(self) -> None:
        """Begin renewing."""
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing; the lease is left as it is."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def renew_once(self) -> None:
        """One renewal. When etcd doesn't answer, the clock alone decides how long the lease is still ours."""
        sent_at = self._clock.now()
        patience = min(self._interval, max(self._clock.remaining(), LEAST_PATIENCE_SECONDS))
        try:
            seconds = self._etcd.keep_alive(self._lease_id, timeout=patience)
        except CoordinationUnavailable as error:
            log.warning("lease %x not renewed, %.1f s left: %s", self._lease_id, self._clock.remaining(), error)
            return
        if seconds > 0:
            self._clock.renewed(sent_at)
        else:
            self._clock.end()

    def _run(self) -> None:
        while not self._stop.wait(min(self._interval, self._clock.remaining())):
            if not self._clock.alive():
                self._on_lost()
                return
            self.renew_once()
