"""Recording usage: before a volume grows, when it ends, and from time to time while it lives."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from services.storage.domain.usage import rates
from services.storage.repository import VolumeRepository
from services.storage.tables import Volume
from shared.metering import record_usage
from shared.utils.clock import Clock


def record(session: Session, volume: Volume, until: datetime) -> int:
    """Tell what a locked volume used since it was last metered, and meter on from `until`; how many records."""
    return len(record_usage(session, "storage", volume, rates(volume.size_gib), until))


def flush(session: Session, clock: Clock) -> int:
    """Record the usage of all volumes of the tenant up to now; how many records that made."""
    now = clock.now()
    return sum(record(session, volume, now) for volume in VolumeRepository(session).of_tenant())
