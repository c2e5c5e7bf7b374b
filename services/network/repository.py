"""Every query of network, tenant-scoped.

Row locks, always in this order: the tenant's address space, a VPC, a subnet, an access list or security group.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Model, Q

from services.network.domain.addresses import QUARANTINE
from services.network.domain.errors import DuplicateRoute, DuplicateRule, UnknownZone
from services.network.domain.peerings import PeeringState
from services.network.domain.routes import TargetKind
from services.network.models import (
    Acl,
    AclRule,
    Address,
    NatGateway,
    Peering,
    Route,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
    VpnTunnel,
)
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant


class VpcRepository(TenantRepository[Vpc]):
    """VPCs."""

    model = Vpc

    def lock_address_space(self) -> None:
        """Let no other transaction add a range to the tenant until this one ends.

        There is no row to lock for a range that isn't there yet, so the lock is the database's advisory one.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"network.vpcs:{current_tenant()}",)
            )

    def ranges(self) -> list[str]:
        """All ranges of the tenant's VPCs, both families."""
        rows = self.scoped().order_by("id").values_list("cidr", "ipv6_cidr")
        return [cidr for row in rows for cidr in row if cidr]

    def of_tenant(self, tenant_id: str, vpc_id: str) -> Vpc:
        """A VPC of any tenant: for the other side of a peering. Raises NotFound."""
        vpc: Vpc | None = Vpc.objects.filter(tenant_id=tenant_id, id=vpc_id).first()
        if vpc is None:
            raise NotFound(f"there is no VPC {vpc_id}")
        return vpc


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

    def ranges_of(self, vpc_id: str) -> list[str]:
        """The ranges of a VPC's subnets."""
        return list(self.scoped().filter(vpc_id=vpc_id).order_by("id").values_list("cidr", flat=True))


class AddressRepository(TenantRepository[Address]):
    """Addresses that are held or rest."""

    model = Address

    def blocking(self, subnet_id: str, now: datetime) -> list[tuple[str, datetime | None]]:
        """(address, released at) of all that are held or may still rest."""
        return list(
            self.scoped()
            .filter(Q(released_at__isnull=True) | Q(released_at__gt=now - QUARANTINE), subnet_id=subnet_id)
            .values_list("address", "released_at")
        )

    def forget_rested(self, subnet_id: str, now: datetime) -> None:
        """Drop the records of addresses whose rest is over."""
        self.scoped().filter(subnet_id=subnet_id, released_at__lte=now - QUARANTINE).delete()

    def held(self, **filters: Any) -> Any:
        """Addresses that are held."""
        return self.scoped().filter(released_at__isnull=True, **filters)

    def get_held(self, id: str, *, lock: bool = False) -> Address:
        """A held address. Raises NotFound for one that was released."""
        row = self.get(id, lock=lock)
        if row.released_at is not None:
            raise NotFound(f"there is no {self.noun} {id}")
        return row

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


class AclRepository(TenantRepository[Acl]):
    """Access lists, each read with its rules in one further query."""

    model = Acl

    def scoped(self) -> Any:
        return super().scoped().prefetch_related("rules")


class AclRuleRepository(TenantRepository[AclRule]):
    """Rules of access lists."""

    model = AclRule

    def add(self, row: AclRule) -> AclRule:
        """Insert a rule. Raises DuplicateRule."""
        return _unique(row, DuplicateRule(f"{row.direction} rule {row.number} exists"))

    def all_of(self, acl: Acl) -> list[AclRule]:
        """The rules of an access list, in the order in which they are judged."""
        return list(self.scoped().filter(acl_id=acl.id).order_by("direction", "number"))

    def of(self, acl: Acl, rule_id: str) -> AclRule:
        """One rule of an access list. Raises NotFound."""
        row: AclRule | None = self.scoped().filter(acl_id=acl.id, id=rule_id).first()
        if row is None:
            raise NotFound(f"the access list has no rule {rule_id}")
        return row


class SecurityGroupRepository(TenantRepository[SecurityGroup]):
    """Security groups, read with their rules."""

    model = SecurityGroup

    def scoped(self) -> Any:
        return super().scoped().prefetch_related("rules")

    def many(self, ids: Iterable[str]) -> list[SecurityGroup]:
        """Groups by their ids. Raises NotFound for the first that isn't there."""
        wanted = list(dict.fromkeys(ids))
        found = {group.id: group for group in self.scoped().filter(id__in=wanted)}
        missing = [id for id in wanted if id not in found]
        if missing:
            raise NotFound(f"there is no {self.noun} {missing[0]}")
        return [found[id] for id in wanted]

    def is_named_elsewhere(self, group: SecurityGroup) -> bool:
        """Whether a rule of another group names the group."""
        return bool(group.referring.exclude(group_id=group.id).exists())


class SecurityGroupRuleRepository(TenantRepository[SecurityGroupRule]):
    """Rules of security groups."""

    model = SecurityGroupRule

    def all_of(self, group: SecurityGroup) -> list[SecurityGroupRule]:
        """The rules of a security group, in the order in which they were added."""
        return list(self.scoped().filter(group_id=group.id).order_by("id"))

    def of(self, group: SecurityGroup, rule_id: str) -> SecurityGroupRule:
        """One rule of a security group. Raises NotFound."""
        row: SecurityGroupRule | None = self.scoped().filter(group_id=group.id, id=rule_id).first()
        if row is None:
            raise NotFound(f"the security group has no rule {rule_id}")
        return row


class RouteRepository(TenantRepository[Route]):
    """Routes."""

    model = Route

    def add(self, row: Route) -> Route:
        """Insert a route. Raises DuplicateRoute."""
        return _unique(row, DuplicateRoute(f"there is a route to {row.destination}"))

    def of_vpc(self, vpc_id: str) -> list[Route]:
        """All routes of a VPC."""
        return list(self.scoped().filter(vpc_id=vpc_id).order_by("id"))

    def removable(self) -> Any:
        """All routes but the local ones, which go with their VPC."""
        return self.scoped().exclude(target_kind=TargetKind.LOCAL.value)

    def any_to(self, target: str) -> bool:
        """Whether there are routes to a target."""
        return bool(self.scoped().filter(target=target).exists())

    def over_peering(self, peering_id: str) -> list[Route]:
        """The routes of both sides that lead over a peering, locked."""
        rows = Route.objects.select_for_update().filter(target_kind=TargetKind.PEERING.value, target=peering_id)
        return list(rows.order_by("id"))


class PeeringRepository(TenantRepository[Peering]):
    """Peerings of either side."""

    model = Peering

    def scoped(self) -> Any:
        """Those the tenant asked for and those it was asked for."""
        tenant_id = current_tenant()
        return Peering.objects.filter(Q(tenant_id=tenant_id) | Q(accepter_tenant_id=tenant_id))

    def lock_pair(self, one: str, other: str) -> None:
        """Let no other transaction make a peering between the two VPCs, from either side, until this one ends."""
        pair = ":".join(sorted((one, other)))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"network.peerings:{pair}",))

    def living_between(self, one: str, other: str) -> bool:
        """Whether the two VPCs have a peering that carries traffic or waits for an answer."""
        pair = Q(requester_vpc_id=one, accepter_vpc_id=other) | Q(requester_vpc_id=other, accepter_vpc_id=one)
        living = (PeeringState.PENDING_ACCEPTANCE.value, PeeringState.ACTIVE.value)
        return bool(self.scoped().filter(pair, state__in=living).exists())

    def of_vpc(self, vpc_id: str) -> list[Peering]:
        """All peerings of a VPC."""
        return list(self.scoped().filter(Q(requester_vpc_id=vpc_id) | Q(accepter_vpc_id=vpc_id)))


class VpnTunnelRepository(TenantRepository[VpnTunnel]):
    """VPN tunnels."""

    model = VpnTunnel


class NatGatewayRepository(TenantRepository[NatGateway]):
    """NAT gateways, read with their addresses."""

    model = NatGateway

    def scoped(self) -> Any:
        return super().scoped().select_related("address")


def held_reservations(reservation_ids: Collection[str]) -> set[str]:
    """Those of the reservations (`<id>.<resource>`) whose VPC, subnet or held address exists.

    Of all tenants: for the quota sweep.
    """
    holder_of = {reservation_id: reservation_id.partition(".")[0] for reservation_id in reservation_ids}
    existing: set[str] = set()
    for rows in (Vpc.objects, Subnet.objects, Address.objects.filter(released_at__isnull=True)):
        existing.update(rows.filter(id__in=set(holder_of.values())).values_list("id", flat=True))
    return {reservation_id for reservation_id, holder in holder_of.items() if holder in existing}


def dependents(row: Model, *relations: str) -> list[str]:
    """Those of the relations that have any rows, which a delete would break."""
    counts = {f"n_{relation}": Count(relation, distinct=True) for relation in relations}
    found = type(row).objects.filter(pk=row.pk).annotate(**counts).values(*counts).get()
    return [relation for relation in relations if found[f"n_{relation}"]]


def _unique(row: Any, conflict: Exception) -> Any:
    """Insert a row; `conflict` is raised when its unique key is taken."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise conflict from error
    return row
