"""Every query of compute. Tenant-owned tables are scoped to the tenant of the context; hosts belong to the platform."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, union, update
from sqlalchemy.orm import Session

from services.compute.domain.claims import Claim, usage_by_host
from services.compute.domain.errors import HostNotFound, UnknownZone
from services.compute.domain.hosts import HostState
from services.compute.domain.instances import ENDS, IN_PROGRESS, PREEMPTIBLE
from services.compute.domain.inventory import Inventory
from services.compute.domain.migrations import EVACUABLE, MigrationStatus
from services.compute.domain.preemption import Preemptible
from services.compute.domain.quotas import reservations
from services.compute.domain.resources import ResourceClass, Resources
from services.compute.tables import ClaimRow, Host, Instance, InventoryRow, Migration, ServerGroup, Standing, Zone
from shared.infra.db.sqlalchemy import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.pagination import Page, PageRequest


class ZoneRepository:
    """The catalogue of zones."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, name: str) -> Zone:
        """An open zone. Raises UnknownZone."""
        zone = self.session.get(Zone, name)
        if zone is None or not zone.enabled:
            raise UnknownZone(f"there is no open zone {name}")
        return zone

    def all(self) -> Sequence[Zone]:
        """All zones by name."""
        return self.session.scalars(select(Zone).order_by(Zone.name)).all()


class HostRepository:
    """Hosts with their inventories and what is claimed of them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, host_id: str, *, lock: bool = False) -> Host:
        """One host, read anew; with `lock` held until the transaction ends. Raises HostNotFound."""
        query = select(Host).where(Host.id == host_id).execution_options(populate_existing=True)
        host = self.session.scalars(query.with_for_update() if lock else query).one_or_none()
        if host is None:
            raise HostNotFound(f"there is no host {host_id}")
        return host

    def add(self, host: Host) -> Host:
        """Insert a host, without inventories yet."""
        self.session.add(host)
        self.session.flush()
        return host

    def remove(self, host: Host) -> None:
        """Delete the row; its inventories go with it."""
        self.session.delete(host)
        self.session.flush()

    def page(self, request: PageRequest, zone: str | None) -> Page[HostState]:
        """One page of hosts in the order of their ids."""
        query = _HOSTS.order_by(Host.id).limit(request.limit + 1)
        if zone is not None:
            query = query.where(Host.zone == zone)
        if position := request.position():
            query = query.where(Host.id > position[0])
        return Page.of(self._states(self.session.execute(query).all()), request, lambda host: (host.id,))

    def state(self, host_id: str) -> HostState:
        """One host as placement sees it. Raises HostNotFound."""
        states = self._states(self.session.execute(_HOSTS.where(Host.id == host_id)).all())
        if not states:
            raise HostNotFound(f"there is no host {host_id}")
        return states[0]

    def candidates(self, *, provider: str | None, region: str | None, zone: str | None) -> list[HostState]:
        """All hosts of a place, as they are now; None means anywhere. Closed zones have none."""
        wanted = {Zone.provider: provider, Zone.region: region, Zone.name: zone}
        conditions = [column == value for column, value in wanted.items() if value is not None]
        return self._states(self.session.execute(_HOSTS.where(Zone.enabled, *conditions)).all())

    def _states(self, rows: Sequence[Any]) -> list[HostState]:
        """Host states in three queries, however many hosts there are."""
        ids = [row.id for row in rows]
        inventories = self._inventories(ids)
        used = usage_by_host(self.claims_of_hosts(ids))
        return [
            HostState(**row._mapping, inventories=inventories.get(row.id, {}), used=used.get(row.id, {}))
            for row in rows
        ]

    def _inventories(self, host_ids: Sequence[str]) -> dict[str, dict[ResourceClass, Inventory]]:
        found: dict[str, dict[ResourceClass, Inventory]] = {}
        for row in self.session.execute(_INVENTORIES.where(InventoryRow.host_id.in_(host_ids))):
            kind = ResourceClass(row.resource_class)
            figures = {column.name: getattr(row, column.name) for column in FIGURES}
            found.setdefault(row.host_id, {})[kind] = Inventory(**{**figures, "resource_class": kind})
        return found

    def claims_of_hosts(self, host_ids: Sequence[str]) -> list[Claim]:
        """All claims on the hosts."""
        rows = self.session.execute(_CLAIMS.where(ClaimRow.host_id.in_(host_ids)))
        return [Claim(row.instance_id, row.host_id, ResourceClass(row.resource_class), row.amount) for row in rows]

    def has_instances(self, host_id: str) -> bool:
        """Whether any instance's record names the host, with or without claims. Of all tenants: for operators."""
        return self.session.scalar(select(func.count()).where(Instance.host_id == host_id)) != 0

    def take_generation(self, host_id: str, generation: int, *, instances: int = 0) -> bool:
        """Make the host's next generation, counting `instances` more; False when `generation` isn't the present one.

        Waits for another transaction that is changing the host, and then sees what it made of it. Who comes too late
        holds nothing of it: PostgreSQL locks a row before it compares, and two that wait with such rows in their hands
        would wait for each other.
        """
        connection = self.session.connection()
        with connection.begin_nested() as attempt:
            result = connection.execute(
                update(Host)
                .where(Host.id == host_id, Host.generation == generation)
                .values(generation=Host.generation + 1, instances=Host.instances + instances)
            )
            taken = result.rowcount == 1
            if not taken:
                attempt.rollback()
        return taken

    def queue(self, purpose: str, *where: str | None) -> None:
        """Wait for all others that queue for the same purpose at the same place, until their transactions end.

        One queue a transaction for each purpose, and nothing that is locked may be waited for while in it but hosts.
        """
        key = ":".join(("compute", purpose, *(name or "" for name in where)))
        self.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))

    def returned(self, host_id: str, *, instances: int = 1) -> None:
        """Make the host's next generation: so many instances left it, or one that stays (0) holds something else."""
        self.session.execute(
            update(Host)
            .where(Host.id == host_id)
            .values(generation=Host.generation + 1, instances=Host.instances - instances)
            .execution_options(synchronize_session=False)
        )

    def put_inventories(self, host_id: str, inventories: Iterable[Inventory]) -> None:
        """Replace all inventories of a host."""
        self.session.execute(delete(InventoryRow).where(InventoryRow.host_id == host_id))
        self.session.flush()
        self.session.add_all(
            InventoryRow(host_id=host_id, **{column.name: getattr(inventory, column.name) for column in FIGURES})
            for inventory in inventories
        )
        self.session.flush()


_HOSTS = select(
    Host.id, Host.zone, Host.enabled, Host.forced_down, Host.evacuating, Host.dedicated_tenant_id, Host.instances,
    Host.max_instances, Host.generation, Zone.provider, Zone.region,
).join(Zone, Zone.name == Host.zone)  # fmt: skip
FIGURES = [column for column in InventoryRow.__table__.columns if column.name != "host_id"]
_INVENTORIES = select(InventoryRow.host_id, *FIGURES)
_CLAIMS = select(ClaimRow.instance_id, ClaimRow.host_id, ClaimRow.resource_class, ClaimRow.amount)


class ClaimRepository:
    """Claims of instances."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, claims: Iterable[Claim]) -> None:
        """Hold what an instance was given."""
        self.session.add_all(ClaimRow(**vars(claim)) for claim in claims)
        self.session.flush()

    def remove(self, instance_id: str, *, except_on: str | None = None) -> Sequence[str]:
        """Drop an instance's claims, those on one host apart; the hosts they were on, none when it held none.

        It holds claims on two hosts only while it moves from one to the other.
        """
        conditions = [ClaimRow.instance_id == instance_id]
        if except_on is not None:
            conditions.append(ClaimRow.host_id != except_on)
        removed = self.session.scalars(delete(ClaimRow).where(*conditions).returning(ClaimRow.host_id)).all()
        return sorted(set(removed))

    def held_by(self, instance_id: str) -> bool:
        """Whether the instance holds claims on any host."""
        return self.session.scalar(select(func.count()).where(ClaimRow.instance_id == instance_id)) != 0


class ServerGroupRepository(TenantRepository[ServerGroup]):
    """Server groups of a tenant."""

    model = ServerGroup

    def members(self, group_ids: Sequence[str]) -> Mapping[str, list[tuple[str, str]]]:
        """For each group its members with the hosts they hold claims on: a member on the move has two."""
        rows = self.session.execute(
            select(Instance.group_id, Instance.id, ClaimRow.host_id)
            .join(ClaimRow, ClaimRow.instance_id == Instance.id)
            .where(Instance.group_id.in_(group_ids))
            .distinct()
        )
        members: dict[str, list[tuple[str, str]]] = {group_id: [] for group_id in group_ids}
        for row in rows:
            members[row.group_id].append((row.id, row.host_id))
        return members

    def has_members(self, group_id: str) -> bool:
        """Whether any instance still belongs to the group."""
        return self.session.scalar(select(func.count()).where(Instance.group_id == group_id)) != 0


class InstanceRepository(TenantRepository[Instance]):
    """Instances of a tenant."""

    model = Instance

    def find(self, instance_id: str, *, lock: bool = False) -> Instance | None:
        """An instance of the tenant as it is now, or None."""
        query = self.scoped().where(Instance.id == instance_id).execution_options(populate_existing=True)
        return self.session.scalars(query.with_for_update() if lock else query).one_or_none()

    def in_states(self, states: Iterable[str]) -> Sequence[Instance]:
        """The tenant's instances in any of the states, locked, in the order of their ids."""
        return self.session.scalars(
            self.scoped().where(Instance.state.in_(list(states))).order_by(Instance.id).with_for_update()
        ).all()

    def metered(self) -> Sequence[Instance]:
        """The tenant's instances that are being metered, locked, in the order of their ids."""
        return self.session.scalars(
            self.scoped().where(Instance.metered_from.is_not(None)).order_by(Instance.id).with_for_update()
        ).all()

    def gives_way_to(self, instance_id: str) -> bool:
        """Whether an instance, whoever's it is, still has to go before this one can be built."""
        return self.session.scalar(select(func.count()).where(Instance.preempted_by == instance_id)) != 0

    def take_in_hand(self, instance_id: str) -> bool:
        """Be the only one who works on the instance until the transaction ends. False when somebody else is at it.

        The row itself stays free meanwhile: its tenant may ask for its end at any time.
        """
        key = func.hashtextextended(f"compute.instances:{instance_id}", 0)
        return bool(self.session.scalar(select(func.pg_try_advisory_xact_lock(key))))


class MigrationRepository(TenantRepository[Migration]):
    """Moves of a tenant's instances."""

    model = Migration

    def running(self, instance_id: str) -> Migration | None:
        """The move that an instance is on, as it is now."""
        return self.session.scalars(
            self.scoped()
            .where(Migration.instance_id == instance_id, Migration.status == MigrationStatus.RUNNING)
            .execution_options(populate_existing=True)
        ).one_or_none()


def preemptible_in(
    session: Session, *, provider: str | None, region: str | None, zone: str | None
) -> list[Preemptible]:
    """Instances at a place that give way to others; None means anywhere. Of all tenants: for preemption alone."""
    wanted = {Instance.provider: provider, Instance.region: region, Instance.zone: zone}
    rows = session.scalars(
        select(Instance)
        .where(Instance.preemptible, Instance.state.in_(PREEMPTIBLE))
        .where(*(column == value for column, value in wanted.items() if value is not None))
        .where(select(ClaimRow.instance_id).where(ClaimRow.instance_id == Instance.id).exists())
    )
    return [
        Preemptible(row.id, row.host_id, Resources(row.vcpus, row.memory_mib, row.disk_gib).units(), row.created_at)
        for row in rows
    ]


def lock_preemptible(session: Session, instance_ids: Collection[str]) -> Sequence[Instance]:
    """Those of the instances that still give way, locked; one that somebody else has locked isn't waited for.

    Of all tenants: for preemption alone.
    """
    return session.scalars(
        select(Instance)
        .where(Instance.id.in_(instance_ids), Instance.preemptible, Instance.state.in_(PREEMPTIBLE))
        .order_by(Instance.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def left_on_dead_hosts(session: Session) -> Sequence[tuple[str, str]]:
    """(tenant, instance) of all that can leave a host being evacuated. Of all tenants: for evacuation alone."""
    rows = session.execute(
        select(Instance.tenant_id, Instance.id)
        .join(Host, Host.id == Instance.host_id)
        .where(Host.evacuating, Host.forced_down, Instance.state.in_(EVACUABLE))
        .order_by(Instance.id)
    )
    return [(row.tenant_id, row.id) for row in rows]


def tenants_metered_since_before(session: Session, moment: datetime) -> Sequence[str]:
    """Tenants with an instance whose usage was last recorded before a moment. Of all tenants: for the meter alone."""
    return session.scalars(
        select(Instance.tenant_id).where(Instance.metered_from < moment).distinct().order_by(Instance.tenant_id)
    ).all()


def unfinished(session: Session, unchanged_since: datetime) -> Sequence[tuple[str, str, str]]:
    """(tenant, instance, provider) of all that have waited for the platform so long, or are what their tenant's
    standing doesn't let them be. Of all tenants: for resuming alone."""
    waiting = Instance.state.in_(IN_PROGRESS) | ((Instance.state == "pending") & ~Instance.deferred_start)
    astray = [(Standing.standing == standing) & Instance.state.in_(ends) for standing, (ends, _) in ENDS.items()]
    of = select(Instance.tenant_id, Instance.id, Instance.provider).where(Instance.updated_at <= unchanged_since)
    ended = of.join(Standing, Standing.tenant_id == Instance.tenant_id).where(or_(*astray))
    rows = session.execute(union(of.where(waiting), ended))
    return sorted((row.tenant_id, row.id, row.provider) for row in rows)


def standing_of_tenant(session: Session) -> Standing | None:
    """How the context's tenant stands, where that ends what it has; None in good standing."""
    return session.get(Standing, current_tenant(), populate_existing=True)


def put_standing(session: Session, standing: Standing | None) -> None:
    """Note how the context's tenant stands from now on."""
    session.execute(delete(Standing).where(Standing.tenant_id == current_tenant()))
    if standing is not None:
        session.add(standing)


def groups_left(session: Session) -> Sequence[tuple[Standing, str]]:
    """Groups without members whose tenant is closed, each with that standing. Of all tenants: for their end alone."""
    members = select(Instance.id).where(Instance.group_id == ServerGroup.id).exists()
    rows = session.execute(
        select(Standing, ServerGroup.id)
        .join(ServerGroup, ServerGroup.tenant_id == Standing.tenant_id)
        .where(Standing.standing == "closed", ~members)
    )
    return [(standing, group_id) for standing, group_id in rows]


def held_reservations(session: Session, reservation_ids: Collection[str]) -> Collection[str]:
    """Those reservations that stand for an instance there is. Of all tenants: for the sweep of quotas alone."""
    ids = {reservation_id.partition(".")[0] for reservation_id in reservation_ids}
    held: set[str] = set()
    for row in session.execute(select(Instance.id, Instance.quota_key, Instance.resize_to).where(Instance.id.in_(ids))):
        resizing = [row.resize_to["quota_key"]] if row.resize_to else []
        held.update(reservations(row.id, row.quota_key, *resizing))
    return held.intersection(reservation_ids)
