"""Records of what is in force: every document in Consul has its revision in the history, whoever died meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Collection

from services.config.domain.documents import DocumentUnreadable
from services.config.operations.revisions import record_in_force
from services.config.ports import Ports
from services.config.ports.documents import Place
from shared.errors import OmniCloudError
from shared.events.processing import TransactionRunner
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

log = logger("services.config")


class Recorder:
    """Looks after documents that changed until it is certain that the history has them."""

    def __init__(self, transactions: TransactionRunner, ports: Ports) -> None:
        self._transactions = transactions
        self._ports = ports
        self._lock = threading.Lock()
        self._waiting: set[Place] = set()

    def add(self, places: Collection[Place]) -> None:
        """Look after these, too."""
        with self._lock:
            self._waiting.update(places)

    def run(self) -> None:
        """Record what isn't; what can't be now, because a store is away, stays for the next time."""
        with self._lock:
            places, self._waiting = self._waiting, set()
        for place in places:
            try:
                self._record(place)
            except DocumentUnreadable as error:
                log.warning("a document in force can't be read", tenant_id=place.tenant_id, reason=error.detail)
            except Exception as error:
                self.add([place])
                if not isinstance(error, OmniCloudError):
                    log.exception("what is in force was not looked at", tenant_id=place.tenant_id)

    def _record(self, place: Place) -> None:
        work = Work("record what is in force")
        with service_context("config", place.tenant_id, self._ports.clock, work=work):
            self._transactions.run(lambda _connection: record_in_force(self._ports, place.environment))
