"""Use cases around pools and load balancers. Each runs in the transaction of its request, its events included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.loadbalancer import telling
from services.loadbalancer.domain import haproxy
from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.backends import AdminState
from services.loadbalancer.domain.errors import ListenerConflict, PoolInUse, UnknownPool
from services.loadbalancer.domain.haproxy import ListenerConfig, PoolConfig, Protocol, Server
from services.loadbalancer.domain.targets import check_address
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import BackendRepository, LoadBalancerRepository, PoolRepository
from services.loadbalancer.tables import BackendRow, Listener, LoadBalancer, Pool
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def create_pool(session: Session, values: Mapping[str, Any]) -> Pool:
    """A new pool without backends. Raises NameTaken."""
    pool = PoolRepository(session).create(
        Pool(id=new_id("pool"), tenant_id=current_tenant(), version=1, backends=[], **values)
    )
    telling.pool_event(session, "loadbalancer.pool.created", pool)
    return pool


def change_pool(session: Session, id: str, changes: Mapping[str, Any], expected: int | None) -> Pool:
    """Change how a pool balances and checks. Raises NotFound or VersionConflict."""
    pool = PoolRepository(session).get(id, lock=True)
    check_version(pool, expected)
    for name, value in changes.items():
        setattr(pool, name, value)
    touch(pool)
    telling.pool_event(session, "loadbalancer.pool.updated", pool)
    return pool


def delete_pool(session: Session, id: str) -> None:
    """Remove a pool that no listener uses, with its backends. Raises NotFound or PoolInUse."""
    pool = PoolRepository(session).get(id, lock=True)
    if PoolRepository(session).in_use(pool):
        raise PoolInUse(f"a listener uses the pool {pool.name}: change or delete it first")
    _end_pool(session, pool)


def add_backend(session: Session, ports: Ports, pool_id: str, address: str, port: int, weight: int) -> BackendRow:
    """A new backend, healthy until its checks say otherwise, with slow start. Raises AddressRefused, BackendExists."""
    pool = PoolRepository(session).get(pool_id, lock=True)
    backend = BackendRepository(session).create(
        BackendRow(
            id=new_id("be"),
            tenant_id=pool.tenant_id,
            version=1,
            pool_id=pool.id,
            address=check_address(address),
            port=port,
            weight=weight,
            state=AdminState.ACTIVE,
            admitted_at=ports.clock.now(),
        )
    )
    telling.backend_event(session, "loadbalancer.backend.created", backend)
    return backend


def change_backend(
    session: Session, pool_id: str, backend_id: str, changes: Mapping[str, Any], expected: int | None
) -> BackendRow:
    """Change a backend's weight, or drain it. Raises NotFound or VersionConflict."""
    pool = PoolRepository(session).get(pool_id, lock=True)
    backend = BackendRepository(session).in_pool(pool, backend_id)
    check_version(backend, expected)
    for name, value in changes.items():
        setattr(backend, name, value)
    touch(backend)
    telling.backend_event(session, "loadbalancer.backend.updated", backend)
    return backend


def remove_backend(session: Session, pool_id: str, backend_id: str) -> None:
    """Take a backend out of its pool. Raises NotFound."""
    pool = PoolRepository(session).get(pool_id, lock=True)
    backend = BackendRepository(session).in_pool(pool, backend_id)
    touch(backend)
    telling.backend_event(session, "loadbalancer.backend.deleted", backend)
    BackendRepository(session).remove(backend)


def create_load_balancer(
    session: Session, ports: Ports, name: str, listeners: Sequence[Mapping[str, Any]]
) -> LoadBalancer:
    """A new load balancer. Raises NameTaken, ListenerConflict, UnknownPool or QuotaExceeded."""
    row = LoadBalancer(id=new_id("lb"), tenant_id=current_tenant(), version=1, name=name)
    row.listeners = _listeners(session, listeners)
    with ports.quotas.reserved(row.id):
        LoadBalancerRepository(session).create(row)
        telling.load_balancer_event(session, "loadbalancer.load_balancer.created", row)
    return row


def change_listeners(
    session: Session, id: str, listeners: Sequence[Mapping[str, Any]], expected: int | None
) -> LoadBalancer:
    """Replace the listeners. Raises NotFound, VersionConflict, ListenerConflict or UnknownPool."""
    row = LoadBalancerRepository(session).get(id, lock=True)
    check_version(row, expected)
    fresh = _listeners(session, listeners)
    row.listeners.clear()
    session.flush()
    row.listeners.extend(fresh)
    touch(row)
    session.flush()
    telling.load_balancer_event(session, "loadbalancer.load_balancer.updated", row)
    return row


def delete_load_balancer(session: Session, ports: Ports, id: str) -> None:
    """Remove a load balancer; its pools stay. Raises NotFound."""
    _end_load_balancer(session, ports, LoadBalancerRepository(session).get(id, lock=True))


def delete_all(session: Session, ports: Ports) -> None:
    """Leave nothing of the context's tenant behind."""
    for row in LoadBalancerRepository(session).all():
        _end_load_balancer(session, ports, row)
    for pool in PoolRepository(session).all():
        _end_pool(session, pool)


def haproxy_configuration(session: Session, id: str) -> str:
    """The configuration of a load balancer. Raises NotFound."""
    repository = LoadBalancerRepository(session)
    row = repository.get(id)
    pools = {pool.id: _pool_config(pool) for pool in repository.pools_of(row)}
    listeners = [ListenerConfig(each.port, Protocol(each.protocol), each.pool_id) for each in row.listeners]
    return haproxy.render(listeners, pools)


def _pool_config(pool: Pool) -> PoolConfig:
    servers = [Server(each.id, each.address, each.port, each.weight, AdminState(each.state)) for each in pool.backends]
    return PoolConfig(
        id=pool.id,
        algorithm=Algorithm(pool.algorithm),
        rise=pool.rise,
        fall=pool.fall,
        check_interval_seconds=pool.check_interval_seconds,
        slow_start_seconds=pool.slow_start_seconds,
        sticky=pool.sticky,
        servers=servers,
    )


def _listeners(session: Session, wanted: Sequence[Mapping[str, Any]]) -> list[Listener]:
    ports_taken = [each["port"] for each in wanted]
    if len(set(ports_taken)) < len(ports_taken):
        raise ListenerConflict("each port has one listener")
    pool_ids = {each["pool_id"] for each in wanted}
    unknown = pool_ids - PoolRepository(session).known(pool_ids)
    if unknown:
        raise UnknownPool(f"there is no pool {', '.join(sorted(unknown))}", pools=sorted(unknown))
    return [
        Listener(port=each["port"], protocol=str(each["protocol"]), pool_id=each["pool_id"])
        for each in sorted(wanted, key=lambda listener: int(listener["port"]))
    ]


def _end_load_balancer(session: Session, ports: Ports, row: LoadBalancer) -> None:
    """The last of a load balancer: it is metered to this moment, then it is gone."""
    touch(row)
    telling.usage_recorded(session, row, ports.clock.now())
    telling.load_balancer_event(session, "loadbalancer.load_balancer.deleted", row)
    LoadBalancerRepository(session).remove(row)


def _end_pool(session: Session, pool: Pool) -> None:
    touch(pool)
    telling.pool_event(session, "loadbalancer.pool.deleted", pool)
    PoolRepository(session).remove(pool)
