"""Recording usage: on every way out of `active`, and from time to time for what keeps running."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.compute.domain.metering import Usage, usage_between
from services.compute.domain.resources import Resources
from services.compute.repository import InstanceRepository, tenants_metered_since_before
from services.compute.tables import Instance
from shared.events import publish
from shared.infra.db.sqlalchemy import SessionFactory
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.utils.clock import Clock

SOURCE = "compute"

log = logger("services.compute")


def record_usage(session: Session, instance: Instance, until: datetime) -> list[Usage]:
    """Publish what the instance used since it was last metered, and meter on from `until`."""
    if instance.metered_from is None or until <= instance.metered_from:
        return []
    size = Resources(instance.vcpus, instance.memory_mib, instance.disk_gib)
    records = usage_between(size, instance.metered_from, until)
    instance.metered_from = until
    for record in records:
        _publish(session, instance, record)
    return records


def _publish(session: Session, instance: Instance, record: Usage) -> None:
    """One usage event. It is a subject of its own: records are never changed, so they have no order among them."""
    publish(
        session,
        "compute.usage.recorded",
        subject=f"{instance.id}/{record.meter}/{record.started_at.isoformat()}",
        sequence=1,
        data={
            "meter": record.meter,
            "quantity": f"{record.quantity:f}",
            "started_at": record.started_at.isoformat(),
            "ended_at": record.ended_at.isoformat(),
            "resource_id": instance.id,
            "source": SOURCE,
        },
    )


def flush_usage(session: Session, clock: Clock) -> int:
    """Record the usage of all running instances of the tenant up to now; how many records that made."""
    now = clock.now()
    return sum(len(record_usage(session, instance, now)) for instance in InstanceRepository(session).metered())


class UsageMeter:
    """Records the usage of running instances in a thread of its own."""

    def __init__(self, sessions: SessionFactory, clock: Clock, interval_seconds: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._interval = interval_seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin metering; returns at once."""
        self._thread = threading.Thread(target=self._run, name="usage-meter", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after the tenant that is being metered."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                self.meter_all()
            except Exception:
                log.exception("metering failed; the next round records what is missing")

    def meter_all(self) -> None:
        """Record every tenant's usage that is older than the interval, one transaction a tenant."""
        with self._sessions() as session:
            due = tenants_metered_since_before(session, self._clock.now() - timedelta(seconds=self._interval))
        for tenant_id in due:
            if self._stop.is_set():
                return
            with service_context("compute", tenant_id, self._clock), self._sessions() as session, session.begin():
                flush_usage(session, self._clock)
