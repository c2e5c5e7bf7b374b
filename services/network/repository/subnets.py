"""Subnets, each in a zone of the platform's catalogue."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from services.network.domain.cidr import Address as NetworkAddress
from services.network.domain.cidr import parse_network
from services.network.domain.errors import UnknownZone
from services.network.models import Subnet
from shared.infra.db.django import TenantRepository


class SubnetRepository(TenantRepository[Subnet]):
    """Subnets."""

    model = Subnet

    def add(self, row: Subnet) -> Subnet:
        """Insert a subnet. Raises UnknownZone when the platform's catalogue hasn't its zone."""
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise UnknownZone(f"there is no zone {row.zone}") from error
        return row

    def holding(self, vpc_id: str, address: NetworkAddress) -> Subnet | None:
        """The subnet of a VPC that an address belongs to."""
        rows = self.scoped().filter(vpc_id=vpc_id).order_by("id")
        return next((row for row in rows if address in parse_network(row.cidr)), None)

    def ranges_of(self, vpc_id: str) -> list[str]:
        """The ranges of a VPC's subnets."""
        return list(self.scoped().filter(vpc_id=vpc_id).order_by("id").values_list("cidr", flat=True))
