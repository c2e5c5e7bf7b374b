"""Addresses, and what is known of a subnet's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from services.network.domain.addresses import Lease, address_at, place_of, rested_since
from services.network.domain.cidr import Address as NetworkAddress
from services.network.domain.cidr import parse_network
from services.network.models import Address, Subnet
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository
from shared.infra.db.gaps import lowest_gap
from shared.kernel.context import current_tenant


class AddressRepository(TenantRepository[Address]):
    """Addresses that are held or rest."""

    model = Address

    def held(self, **filters: Any) -> Any:
        """Addresses that are held."""
        return self.scoped().filter(released_at__isnull=True, **filters)

    def get_held(self, id: str, *, lock: bool = False) -> Address:
        """A held address. Raises NotFound for one that was released."""
        row = self.get(id, lock=lock)
        if row.released_at is not None:
            raise NotFound(f"there is no {self.noun} {id}")
        return row

    def forget_released(self, subnet: Subnet) -> None:
        """Drop what is remembered of a subnet's released addresses, without reading it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM addresses WHERE subnet_id = %s AND tenant_id = %s AND released_at IS NOT NULL",
                (subnet.id, current_tenant()),
            )

    def metered(self) -> Sequence[Address]:
        """Held addresses, locked, in the order of their ids."""
        return list(self.held(metered_from__isnull=False).select_for_update().order_by("id"))

    def save_metered(self, address: Address) -> None:
        """Write back up to when an address is metered, which is no change that its readers see."""
        address.save(update_fields=["metered_from"])


def tenants_metered_before(moment: datetime) -> list[str]:
    """Tenants with a held address whose usage was last recorded before a moment. Of all tenants: for the meter."""
    rows = Address.objects.filter(released_at__isnull=True, metered_from__lt=moment)
    return list(rows.values_list("tenant_id", flat=True).distinct().order_by("tenant_id"))


def note_rested(now: datetime, limit: int) -> int:
    """Mark addresses of all tenants whose rest is over, as many as `limit`; how many there were.

    One that was released ahead of now is of a clock that was set back: its rest begins anew.
    """
    ahead = Address.objects.filter(rested=False, released_at__gt=now).select_for_update(skip_locked=True)
    Address.objects.filter(id__in=list(ahead.values_list("id", flat=True)[:limit])).update(released_at=now)
    over = _resting(now).order_by("released_at").select_for_update(skip_locked=True).values_list("id", flat=True)
    return int(Address.objects.filter(id__in=list(over[:limit])).update(rested=True))


def _resting(now: datetime) -> Any:
    """Addresses whose rest is over, and of which nobody has noticed it."""
    return Address.objects.filter(rested=False, released_at__lte=rested_since(now))


class SubnetLeases:
    """What the database knows of a locked subnet's addresses; each question is one look into an index."""

    def __init__(self, subnet: Subnet) -> None:
        self._subnet = subnet
        self._network = parse_network(subnet.cidr)
        self._rows = Address.objects.filter(subnet_id=subnet.id)

    def at(self, address: NetworkAddress) -> Lease | None:
        """The last lease of an address."""
        row = self._rows.filter(place=place_of(self._network, address)).first()
        return None if row is None else Lease(address, row.released_at)

    def lowest_rested(self, now: datetime) -> NetworkAddress | None:
        """The lowest address whose rest is over. Each is looked at once when it has rested, not at every question."""
        _resting(now).filter(subnet_id=self._subnet.id).update(rested=True)
        place = self._rows.filter(rested=True).order_by("place").values_list("place", flat=True).first()
        return None if place is None else address_at(self._network, int(place))

    def lowest_untouched(self) -> NetworkAddress:
        """The first address without a row, which the subnet's mark stands at."""
        return address_at(self._network, self._untouched_from(int(self._subnet.next_place)))

    def take(self, row: Address) -> None:
        """Write down that an address is handed out, in the place of what was known of it before.

        Where it was the one at the mark, the mark moves on to the next untouched one: over those that were asked for by
        name, once over each.
        """
        self._rows.filter(place=row.place, released_at__isnull=False).delete()
        row.save(force_insert=True)
        if row.place == self._subnet.next_place:
            self._subnet.next_place = self._untouched_from(row.place + 1)
            self._subnet.save(update_fields=["next_place"])

    def _untouched_from(self, place: int) -> int:
        with connection.cursor() as cursor:
            return lowest_gap(cursor, "addresses", "place", place, {"subnet_id": self._subnet.id})
