"""Metering the time for which zones exist."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from services.dns.domain.zones import RATES
from services.dns.models import Zone
from services.dns.ports import Ports
from services.dns.repository import ZoneRepository
from shared.metering import record_usage


def record(zone: Zone, until: datetime) -> int:
    """Tell for how long a locked zone existed since it was last metered; how many records that made.

    The caller writes the row back, or deletes it.
    """
    return len(record_usage(connection, "dns", zone, RATES, until))


def flush(ports: Ports) -> int:
    """Record the usage of all zones of the tenant up to now; how many records that made."""
    zones, now, recorded = ZoneRepository(), ports.clock.now(), 0
    for zone in zones.locked():
        recorded += record(zone, now)
        zones.save_metered(zone)
    return recorded
