"""Recording usage: on every way out of `active`, and from time to time for what keeps running."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from services.compute.domain.resources import Resources
from services.compute.domain.usage import rates
from services.compute.repository import InstanceRepository
from services.compute.tables import Instance
from shared.metering import record_usage
from shared.utils.clock import Clock


def record(session: Session, instance: Instance, until: datetime) -> int:
    """Tell what a locked instance used since it was last metered, and meter on from `until`; how many records."""
    size = Resources(instance.vcpus, instance.memory_mib, instance.disk_gib)
    return len(record_usage(session, "compute", instance, rates(size), until))


def flush(session: Session, clock: Clock) -> int:
    """Record the usage of all running instances of the tenant up to now; how many records that made."""
    now = clock.now()
    return sum(record(session, instance, now) for instance in InstanceRepository(session).metered())
