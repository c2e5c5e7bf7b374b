"""The health prober: does the checks that pools ask for, from a process of its own.

`python -m services.loadbalancer.prober`. Of several each check is done by one, those of a dead one by the others.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from services.loadbalancer.domain.probes import Outcome, Probe
from services.loadbalancer.operations import probing
from services.loadbalancer.ports import Ports
from services.loadbalancer.ports.probes import PlatformHosts, ProbeClient, Translations
from services.loadbalancer.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.errors import OmniCloudError
from shared.infra.db.sqlalchemy import SqlAlchemyTransactions, make_sessions
from shared.infra.periodic import Periodic
from shared.kernel import tracing
from shared.kernel.context import service_context
from shared.kernel.identity import PLATFORM_TENANT
from shared.kernel.logs import configure_logs, logger
from shared.kernel.trace_export import SpanExport
from shared.quotas import Quotas
from shared.utils.clock import system_clock
from shared.web.liveness import serve_liveness

log = logger("loadbalancer.prober")

CLAIM = tracing.Work("claim checks")
CHECK = tracing.Work("check a backend")
LIVENESS_SECONDS = 10.0
"""A prober that hasn't come round for this long hangs."""


class Prober:
    """Claims what is due, as much as it has hands for, and does it side by side."""

    def __init__(self, settings: Settings, ports: Ports, client: ProbeClient) -> None:
        self._settings = settings
        self._ports = ports
        self._client = client
        self._transactions = SqlAlchemyTransactions(make_sessions(settings))
        self._hands = ThreadPoolExecutor(settings.prober_threads, thread_name_prefix="check")
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._platform = PlatformHosts(settings.platform_hosts())
        self._loop = Periodic("prober", settings.prober_tick_seconds, self.tick)
        self._names = Periodic("platform-names", settings.prober_names_seconds, self._platform.look_up)
        self._ticked_at = time.monotonic()

    def start(self) -> None:
        """Learn which addresses are the platform's own, then check."""
        self._platform.look_up()
        self._names.start()
        self._loop.start()

    def stop(self) -> None:
        """End after what has begun."""
        self._loop.stop()
        self._names.stop()
        self._hands.shutdown()

    @property
    def alive(self) -> bool:
        """Whether it comes round."""
        return time.monotonic() - self._ticked_at < LIVENESS_SECONDS

    def tick(self) -> None:
        """Begin the checks that are due."""
        self._ticked_at = time.monotonic()
        with self._lock:
            free = self._settings.prober_threads - self._in_flight.total()
            in_flight = dict(self._in_flight)
        if free <= 0:
            return
        with service_context("loadbalancer", PLATFORM_TENANT, self._ports.clock, work=CLAIM):
            due = self._transactions.run(lambda session: probing.claim(session, self._ports, in_flight, free))
        for probe in due:
            with self._lock:
                self._in_flight[probe.tenant_id] += 1
            self._hands.submit(self._check, probe)

    def _check(self, probe: Probe) -> None:
        try:
            outcome = self._client.check(probe, self._platform.addresses())
            self._report(probe, outcome)
        except OmniCloudError as error:
            log.warning("check not recorded", backend=probe.backend_id, reason=error.detail)
        except Exception:
            log.exception("check failed", backend=probe.backend_id)
        finally:
            with self._lock:
                self._in_flight[probe.tenant_id] -= 1
                self._in_flight += Counter()  # drops who has none

    def _report(self, probe: Probe, outcome: Outcome) -> None:
        with service_context("loadbalancer", probe.tenant_id, self._ports.clock, work=CHECK):
            self._transactions.run(lambda session: probing.report(session, self._ports, probe, outcome))


def main() -> int:
    """Check until a signal."""
    settings = Settings()
    configure_logs("loadbalancer-prober", settings.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    spans = SpanExport(settings, "loadbalancer-prober")
    spans.start()
    clock = system_clock(settings.clock_file)
    ports = Ports(clock=clock, quotas=Quotas(TenantsClient.connect(settings, clock)))
    translations = Translations(settings.prober_translations_file)
    client = ProbeClient(settings.prober_refused_networks, translations=translations)
    prober = Prober(settings, ports, client)
    server = serve_liveness(lambda: prober.alive, settings.listen())
    prober.start()
    log.info("checking backends")
    stopping.wait()
    prober.stop()
    server.server_close()
    spans.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
