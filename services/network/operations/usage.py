"""Metering the time for which addresses are held."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from services.network.domain.addresses import RATES
from services.network.models import Address
from services.network.ports import Ports
from services.network.repository import AddressRepository
from shared.metering import record_usage


def record(address: Address, until: datetime) -> int:
    """Tell for how long a locked address was held since it was last metered; how many records that made.

    The caller writes the row back.
    """
    return len(record_usage(connection, "network", address, RATES, until))


def flush(ports: Ports) -> int:
    """Record the usage of all held addresses of the tenant up to now; how many records that made."""
    addresses, now, recorded = AddressRepository(), ports.clock.now(), 0
    for address in addresses.metered():
        recorded += record(address, now)
        addresses.save_metered(address)
    return recorded
