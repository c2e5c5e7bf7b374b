"""Every query of network, tenant-scoped.

Row locks, always in this order: the tenant's address space, VPCs by id, a subnet, an access list or security group.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Model, Q

from services.network.domain.addresses import Lease, address_at, place_of, rested_since
from services.network.domain.cidr import Address as NetworkAddress
from services.network.domain.cidr import parse_network
from services.network.domain.errors import DuplicateRoute, DuplicateRule, UnknownZone
from services.network.domain.peerings import PeeringState
from services.network.domain.routes import TargetKind
from services.network.domain.translations import Flow
from services.network.models import (
    Acl,
    AclRule,
    Address,
    NatGateway,
    Peering,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Translation,
    Vpc,
    VpnTunnel,
)
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository
from shared.infra.db.gaps import lowest_gap
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
        return [cidr for vpc in self.scoped().order_by("id") for cidr in vpc.cidrs]

    def lock_all(self, ids: Collection[str]) -> None:
        """Lock VPCs of any tenant, in the order of their ids: both sides of a peering."""
        list(Vpc.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id"))

    def of_any_tenant(self, ids: Collection[str]) -> list[Vpc]:
        """VPCs of any tenant: those that one's own are peered with."""
        return list(Vpc.objects.filter(id__in=ids).order_by("id"))

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

    def holding(self, vpc_id: str, address: NetworkAddress) -> Subnet | None:
        """The subnet of a VPC that an address belongs to."""
        rows = self.scoped().filter(vpc_id=vpc_id).order_by("id")
        return next((row for row in rows if address in parse_network(row.cidr)), None)

    def ranges_of(self, vpc_id: str) -> list[str]:
        """The ranges of a VPC's subnets."""
        return list(self.scoped().filter(vpc_id=vpc_id).order_by("id").values_list("cidr", flat=True))


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
        """The lowest address whose rest is over."""
        rested = self._rows.filter(released_at__lte=rested_since(now)).order_by("place")
        place = rested.values_list("place", flat=True).first()
        return None if place is None else address_at(self._network, int(place))

    def lowest_untouched(self) -> NetworkAddress:
        """The first address without a row: at the subnet's mark, or behind those that were asked for by name."""
        with connection.cursor() as cursor:
            mark = int(self._subnet.next_place)
            place = lowest_gap(cursor, "addresses", "place", mark, {"subnet_id": self._subnet.id})
        return address_at(self._network, place)

    def take(self, row: Address, *, in_order: bool) -> None:
        """Write down that an address is handed out, in the place of what was known of it before.

        Where the lowest free one was taken, `in_order`, there is no untouched one below it: the mark moves behind it.
        """
        self._rows.filter(place=row.place, released_at__isnull=False).delete()
        row.save(force_insert=True)
        mark = self._subnet.next_place
        if row.place == mark or (in_order and row.place > mark):
            self._subnet.next_place = row.place + 1
            self._subnet.save(update_fields=["next_place"])


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


class RouteTableRepository(TenantRepository[RouteTable]):
    """Route tables, read with their VPC and the subnets that are associated with them."""

    model = RouteTable

    def scoped(self) -> Any:
        return super().scoped().select_related("vpc").prefetch_related("subnets")

    def of_vpc(self, vpc_id: str) -> list[RouteTable]:
        """All tables of a VPC, the oldest first."""
        return list(self.scoped().filter(vpc_id=vpc_id).order_by("id"))

    def get(self, id: str, *, lock: bool = False) -> RouteTable:
        """One table. `lock` holds it and not its VPC. Raises NotFound."""
        if lock:
            list(super().scoped().select_for_update().filter(id=id).values_list("id"))
        return super().get(id)


class RouteRepository(TenantRepository[Route]):
    """Routes."""

    model = Route

    def add(self, row: Route) -> Route:
        """Insert a route. Raises DuplicateRoute."""
        return _unique(row, DuplicateRoute(f"there is a route to {row.destination}"))

    def of_table(self, route_table_id: str) -> list[Route]:
        """All routes of a table."""
        return list(self.scoped().filter(route_table_id=route_table_id).order_by("id"))

    def count_in(self, route_table_id: str) -> int:
        """How many routes a table has."""
        return int(self.scoped().filter(route_table_id=route_table_id).count())

    def destinations(self, vpc_id: str) -> list[str]:
        """Where the routes of a VPC lead to that aren't local, over all its tables."""
        rows = self.removable().filter(vpc_id=vpc_id)
        return list(rows.values_list("destination", flat=True).distinct().order_by("destination"))

    def forget_local(self, vpc_id: str, destination: str) -> None:
        """Drop the local routes of a range from all tables of a VPC."""
        self.scoped().filter(vpc_id=vpc_id, destination=destination, target_kind=TargetKind.LOCAL.value).delete()

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

    def living_of(self, vpc_id: str) -> list[Peering]:
        """A VPC's peerings that carry traffic or wait for an answer."""
        living = (PeeringState.PENDING_ACCEPTANCE.value, PeeringState.ACTIVE.value)
        return [each for each in self.of_vpc(vpc_id) if each.state in living]

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
        return super().scoped().select_related("address", "subnet__vpc")

    def get(self, id: str, *, lock: bool = False) -> NatGateway:
        """One gateway. `lock` holds it and nothing of what it is read with. Raises NotFound."""
        if lock:
            list(super().scoped().select_for_update(of=("self",)).filter(id=id).values_list("id"))
        return super().get(id)

    def lowest_public_place(self) -> int:
        """The lowest place in the platform's public range that no gateway of any tenant has. Until the transaction
        ends nobody else gets it.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('network.public_addresses', 0))")
            return lowest_gap(cursor, "nat_gateways", "public_place", 0)


class TranslationRepository(TenantRepository[Translation]):
    """Connections that NAT gateways follow."""

    model = Translation

    def living(self, gateway: NatGateway, now: datetime) -> Any:
        """Those of a gateway that haven't idled for too long."""
        return self.scoped().filter(gateway_id=gateway.id, expires_at__gt=now)

    def of_gateway(self, gateway: NatGateway, id: str) -> Translation:
        """One connection of a gateway. Raises NotFound."""
        row: Translation | None = self.scoped().filter(gateway_id=gateway.id, id=id).first()
        if row is None:
            raise NotFound(f"the NAT gateway has no {self.noun} {id}")
        return row

    def of_flow(self, gateway: NatGateway, flow: Flow) -> Translation | None:
        """What is known of a connection, be it over or not."""
        row: Translation | None = (
            self._towards(gateway, flow).filter(source=str(flow.source), source_port=flow.source_port).first()
        )
        return row

    def of_port(
        self, gateway: NatGateway, protocol: str, remote: str, remote_port: int, port: int, now: datetime
    ) -> Translation | None:
        """The living connection that a packet from the other side to a port of the gateway belongs to."""
        row: Translation | None = (
            self.living(gateway, now)
            .filter(protocol=protocol, destination=remote, destination_port=remote_port, port=port)
            .first()
        )
        return row

    def forget_ended(self, gateway: NatGateway, flow: Flow, now: datetime) -> None:
        """Free the ports of connections to the flow's destination that have idled for too long."""
        self._towards(gateway, flow).filter(expires_at__lte=now).delete()

    def first_free_port(self, gateway: NatGateway, flow: Flow, start: int) -> int:
        """The lowest port from `start` on that no connection to the flow's destination has."""
        towards = {
            "gateway_id": gateway.id,
            "protocol": flow.protocol.value,
            "destination": str(flow.destination),
            "destination_port": flow.destination_port,
        }
        with connection.cursor() as cursor:
            return lowest_gap(cursor, "nat_translations", "port", start, towards)

    def _towards(self, gateway: NatGateway, flow: Flow) -> Any:
        return self.scoped().filter(
            gateway_id=gateway.id,
            protocol=flow.protocol.value,
            destination=str(flow.destination),
            destination_port=flow.destination_port,
        )


def forget_ended_translations(moment: datetime, limit: int) -> int:
    """Drop connections of all tenants that ended before a moment, as many as `limit`; how many went."""
    ended = Translation.objects.filter(expires_at__lte=moment).order_by("expires_at")[:limit]
    locked = Translation.objects.filter(id__in=list(ended.values_list("id", flat=True)), expires_at__lte=moment)
    return int(locked.delete()[0])


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
