"""Every query of loadbalancer. Row locks: a pool's row guards its backends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import case, exists, func, literal, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager, selectinload
from sqlalchemy.orm.attributes import flag_modified

from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.errors import BackendExists, NameTaken
from services.loadbalancer.tables import BackendRow, Listener, LoadBalancer, Pool, TenantStanding
from shared.errors import Conflict, NotFound
from shared.infra.db.sqlalchemy import TenantRepository
from shared.kernel.context import current_tenant
from shared.kernel.standing import ACTIVE
from shared.utils.pagination import Page, PageRequest

Row = TypeVar("Row", Pool, BackendRow, LoadBalancer)


def _insert(session: Session, row: Row, taken: Conflict) -> Row:
    """Insert a row; `taken` is raised when its name is."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise taken from error
    return row


class PoolRepository(TenantRepository[Pool]):
    """Pools of the tenant."""

    model = Pool

    def get(self, id: str, *, lock: bool = False) -> Pool:
        """One pool. With `lock` it is held against changes, though not against listeners that begin to send to it.

        Raises NotFound for another tenant's too.
        """
        query = self.scoped().where(Pool.id == id)
        row = self.session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()
        if row is None:
            raise NotFound(f"there is no {self.noun} {id}")
        return row

    def ending(self, id: str) -> Pool:
        """One pool, held against listeners that begin to send to it, too. Raises NotFound."""
        return super().get(id, lock=True)

    def with_backends(self, request: PageRequest) -> Page[Pool]:
        """A page of pools with their backends, in two queries however many there are."""
        query = self.scoped().options(selectinload(Pool.backends)).order_by(Pool.id)
        if position := request.position():
            query = query.where(Pool.id > position[0])
        rows = self.session.scalars(query.limit(request.limit + 1)).all()
        return Page.of(rows, request, lambda pool: (pool.id,))

    def create(self, pool: Pool) -> Pool:
        """Insert a pool. Raises NameTaken."""
        return _insert(self.session, pool, NameTaken(f"there is a pool {pool.name}", name=pool.name))

    def known(self, ids: Collection[str]) -> set[str]:
        """Those of the ids that are pools of the tenant. They are kept from deletion until the transaction ends."""
        query = self.scoped().where(Pool.id.in_(ids)).order_by(Pool.id).with_for_update(read=True, key_share=True)
        return {pool.id for pool in self.session.scalars(query)}

    def in_use(self, pool: Pool) -> bool:
        """Whether a listener sends its connections to the pool."""
        return bool(self.session.scalar(select(exists().where(Listener.pool_id == pool.id))))

    def locked(self) -> Sequence[Pool]:
        """All pools of the tenant, locked, in the order of their ids."""
        return self.session.scalars(self.scoped().order_by(Pool.id).with_for_update()).all()

    def remove(self, pool: Pool) -> None:
        """Delete a pool and its backends."""
        self.session.delete(pool)
        self.session.flush()


class BackendRepository(TenantRepository[BackendRow]):
    """Backends of the tenant's pools."""

    model = BackendRow

    @property
    def noun(self) -> str:
        return "backend"

    def of(self, pool: Pool) -> Sequence[BackendRow]:
        """The backends of a pool, in order of creation."""
        query = self.scoped().where(BackendRow.pool_id == pool.id).order_by(BackendRow.id)
        return self.session.scalars(query).all()

    def hashed_weights(self, pool_id: str) -> dict[str, int]:
        """The weights of a pool's backends that are on its hash ring; none where the pool balances another way."""
        query = (
            select(BackendRow.id, BackendRow.weight)
            .join(Pool, Pool.id == BackendRow.pool_id)
            .where(Pool.id == pool_id, Pool.tenant_id == current_tenant(), BackendRow.weight > 0)
            .where(Pool.algorithm == Algorithm.CONSISTENT_HASH.value)
        )
        return {row.id: row.weight for row in self.session.execute(query)}

    def in_pool(self, pool: Pool, id: str) -> BackendRow:
        """One backend of a pool. Raises NotFound."""
        row = self.session.scalars(
            self.scoped().where(BackendRow.pool_id == pool.id, BackendRow.id == id)
        ).one_or_none()
        if row is None:
            raise NotFound(f"there is no backend {id} in the pool {pool.name}")
        return row

    def create(self, backend: BackendRow) -> BackendRow:
        """Insert a backend. Raises BackendExists."""
        place = f"{backend.address} port {backend.port}"
        return _insert(self.session, backend, BackendExists(f"the pool has {place}"))

    def remove(self, backend: BackendRow) -> None:
        """Delete a backend."""
        self.session.delete(backend)
        self.session.flush()


class LoadBalancerRepository(TenantRepository[LoadBalancer]):
    """Load balancers of the tenant."""

    model = LoadBalancer

    @property
    def noun(self) -> str:
        return "load balancer"

    def with_listeners(self, request: PageRequest) -> Page[LoadBalancer]:
        """A page of load balancers with their listeners, in two queries however many there are."""
        query = self.scoped().options(selectinload(LoadBalancer.listeners)).order_by(LoadBalancer.id)
        if position := request.position():
            query = query.where(LoadBalancer.id > position[0])
        rows = self.session.scalars(query.limit(request.limit + 1)).all()
        return Page.of(rows, request, lambda row: (row.id,))

    def create(self, row: LoadBalancer) -> LoadBalancer:
        """Insert a load balancer and its listeners. Raises NameTaken."""
        return _insert(self.session, row, NameTaken(f"there is a load balancer {row.name}", name=row.name))

    def locked(self) -> Sequence[LoadBalancer]:
        """All load balancers of the tenant, locked, in the order of their ids."""
        return self.session.scalars(self.scoped().order_by(LoadBalancer.id).with_for_update()).all()

    def save_metered(self, row: LoadBalancer) -> None:
        """Write back up to when a load balancer is metered. No reader sees that, so `updated_at` stays as it is."""
        flag_modified(row, "updated_at")
        self.session.flush()

    def remove(self, row: LoadBalancer) -> None:
        """Delete a load balancer and its listeners."""
        self.session.delete(row)
        self.session.flush()

    def pools_of(self, row: LoadBalancer) -> Sequence[Pool]:
        """The pools behind a load balancer, with their backends."""
        ids = {listener.pool_id for listener in row.listeners}
        query = select(Pool).where(Pool.tenant_id == row.tenant_id, Pool.id.in_(ids))
        return self.session.scalars(query.options(selectinload(Pool.backends))).all()


def tenants_metered_before(session: Session, moment: datetime) -> Sequence[str]:
    """Tenants with a load balancer whose usage was last recorded before a moment. Of all tenants: for the meter."""
    query = select(LoadBalancer.tenant_id).where(LoadBalancer.metered_from < moment)
    return session.scalars(query.distinct().order_by(LoadBalancer.tenant_id)).all()


def claim_due_checks(
    session: Session, now: datetime, in_flight: Mapping[str, int], of_tenant: int, limit: int
) -> Sequence[BackendRow]:
    """Backends of all tenants whose active check is due, with their pools, each moved on by its pool's interval.

    Those of suspended tenants wait until they are resumed, and of one tenant there are `of_tenant` at most, with those
    that it has `in_flight`. Who has fewest comes first, so that nobody waits for another's backlog. A time further off
    than two intervals is of a clock that was set back, and is due as well; two, for probers' clocks differ.
    """
    interval = func.make_interval(0, 0, 0, 0, 0, 0, Pool.check_interval_seconds)
    due = or_(BackendRow.next_check_at <= now, BackendRow.next_check_at > now + interval + interval)
    turn = func.row_number().over(partition_by=BackendRow.tenant_id, order_by=BackendRow.next_check_at)
    halted = select(TenantStanding.tenant_id).where(TenantStanding.state != ACTIVE)
    waiting = (
        select(BackendRow.id, BackendRow.tenant_id, BackendRow.next_check_at, turn.label("turn"))
        .join(Pool, Pool.id == BackendRow.pool_id)
        .where(BackendRow.next_check_at.is_not(None), due)
        .where(BackendRow.tenant_id.not_in(halted))
        .subquery()
    )
    taken = case(dict(in_flight), value=waiting.c.tenant_id, else_=0) if in_flight else literal(0)
    nth = waiting.c.turn + taken
    chosen = select(waiting.c.id).where(nth <= of_tenant).order_by(nth, waiting.c.next_check_at).limit(limit)
    query = (
        select(BackendRow)
        .join(BackendRow.pool)
        .where(BackendRow.id.in_(chosen), due)
        .options(contains_eager(BackendRow.pool))
        .with_for_update(of=BackendRow, skip_locked=True)
    )
    claimed = session.scalars(query).all()
    for row in claimed:
        row.next_check_at = now + timedelta(seconds=row.pool.check_interval_seconds)
        flag_modified(row, "updated_at")
    session.flush()
    return claimed


def held_reservations(session: Session, reservation_ids: Collection[str]) -> set[str]:
    """Those of the reservations (`<load balancer>.<resource>`) whose load balancer exists.

    Of all tenants: for the quota sweep.
    """
    row_of = {reservation_id: reservation_id.partition(".")[0] for reservation_id in reservation_ids}
    existing = set(session.scalars(select(LoadBalancer.id).where(LoadBalancer.id.in_(set(row_of.values())))))
    return {reservation_id for reservation_id, row_id in row_of.items() if row_id in existing}
