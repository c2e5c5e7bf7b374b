"""Handing out addresses, taking them back, and metering the time they are held."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from django.db import connection, transaction

from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import ResourceInUse
from services.network.domain.ipam import Lease, allocate
from services.network.domain.metering import ADDRESS_SECONDS, seconds_between, windows
from services.network.models import Address
from services.network.operations.telling import tell
from services.network.ports import ports
from services.network.repository import (
    AddressRepository,
    SubnetRepository,
    dependents,
    tenants_metered_since_before,
)
from shared.events import publish
from shared.kernel.context import current_tenant, service_context
from shared.kernel.logs import logger
from shared.utils.ids import new_id

FACTS = ("subnet_id", "address", "holder")
SOURCE = "network"

log = logger("services.network")


def allocate_address(subnet_id: str, wanted: str | None = None, holder: str | None = None) -> Address:
    """The wanted address of a subnet, or its lowest free one. The subnet is locked, so no two get the same.

    Raises NotFound, SubnetExhausted, AddressTaken, AddressReserved, AddressOutsideSubnet or QuotaExceeded.
    """
    addresses, now = AddressRepository(), ports().clock.now()
    subnet = SubnetRepository().get(subnet_id, lock=True)
    leases = [Lease(parse_address(text), released_at) for text, released_at in addresses.blocking(subnet_id, now)]
    chosen = allocate(parse_network(subnet.cidr), leases, now, parse_address(wanted) if wanted else None)
    address_id = new_id("addr")
    with ports().quotas.reserved("addresses", address_id):
        addresses.forget_rested(subnet_id, now)
        row = addresses.add(
            Address(
                id=address_id,
                tenant_id=current_tenant(),
                subnet=subnet,
                address=str(chosen),
                holder=holder,
                metered_from=now,
            )
        )
        tell("network.address.allocated", row, *FACTS)
    return row


def release_address(address_id: str) -> None:
    """Take an address back; it rests before it is handed out again. Raises NotFound or ResourceInUse."""
    address = AddressRepository().get_held(address_id, lock=True)
    if dependents(address, "nat_gateways"):
        raise ResourceInUse("a NAT gateway uses the address: delete that instead", used_by=["nat_gateways"])
    give_back(address)


def give_back(address: Address) -> None:
    """Meter a held, locked address for the last time and let it rest."""
    now = ports().clock.now()
    record_usage(address, now)
    address.metered_from = None
    address.released_at = now
    AddressRepository().save(address)
    tell("network.address.released", address, *FACTS)


def record_usage(address: Address, until: datetime) -> int:
    """Publish for how long the address was held since it was last metered; how many records that made."""
    if address.metered_from is None or until <= address.metered_from:
        return 0
    pieces = list(windows(address.metered_from, until))
    address.metered_from = until
    for start, end in pieces:
        publish(
            connection,
            "network.usage.recorded",
            subject=f"{address.id}/{ADDRESS_SECONDS}/{start.isoformat()}",
            sequence=1,
            data={
                "meter": ADDRESS_SECONDS,
                "quantity": f"{seconds_between(start, end):f}",
                "started_at": start.isoformat(),
                "ended_at": end.isoformat(),
                "resource_id": address.id,
                "source": SOURCE,
            },
        )
    return len(pieces)


def flush_usage() -> int:
    """Record the usage of all held addresses of the tenant up to now; how many records that made."""
    now, recorded = ports().clock.now(), 0
    for address in AddressRepository().metered():
        recorded += record_usage(address, now)
        address.save(update_fields=["metered_from"])
    return recorded


class UsageMeter:
    """Records the usage of held addresses in a thread of its own."""

    def __init__(self, interval_seconds: float) -> None:
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
            finally:
                connection.close()

    def meter_all(self) -> None:
        """Record every tenant's usage that is older than the interval, one transaction a tenant."""
        due = tenants_metered_since_before(ports().clock.now() - timedelta(seconds=self._interval))
        for tenant_id in due:
            if self._stop.is_set():
                return
            with service_context("network", tenant_id, ports().clock), transaction.atomic():
                flush_usage()
