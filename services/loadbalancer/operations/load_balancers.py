"""Load balancers: made, given other listeners, ended, and written as a configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.loadbalancer import published
from services.loadbalancer.domain import haproxy
from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.backends import AdminState
from services.loadbalancer.domain.errors import UnknownPool
from services.loadbalancer.domain.haproxy import HashKey, ListenerConfig, PoolConfig, Protocol, Server
from services.loadbalancer.domain.load_balancers import check_listener_ports
from services.loadbalancer.domain.probes import ActiveCheck
from services.loadbalancer.operations import usage
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import LoadBalancerRepository, PoolRepository
from services.loadbalancer.tables import Listener, LoadBalancer, Pool
from shared.events.closing import pass_gate
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.quotas import claim
from shared.utils.ids import new_id


def create_load_balancer(
    session: Session, ports: Ports, name: str, listeners: Sequence[Mapping[str, Any]]
) -> LoadBalancer:
    """A new load balancer, metered from now on.

    Raises NameTaken, ListenerConflict, UnknownPool, TenantNotActive, QuotaExceeded or ServiceUnavailable.
    """
    pass_gate(session)
    row = LoadBalancer(
        id=new_id("lb"), tenant_id=current_tenant(), version=1, name=name, metered_from=ports.clock.now()
    )
    row.listeners = _listeners(session, listeners)
    with ports.quotas.reserved(claim(row.id, "load_balancers")):
        LoadBalancerRepository(session).create(row)
        published.load_balancer_created(session, row)
    return row


def change_listeners(
    session: Session, id: str, listeners: Sequence[Mapping[str, Any]], expected: EntityTags | None
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
    published.load_balancer_updated(session, row)
    return row


def delete_load_balancer(session: Session, ports: Ports, id: str, expected: EntityTags | None) -> None:
    """Remove a load balancer; its pools stay. Raises NotFound or VersionConflict."""
    row = LoadBalancerRepository(session).get(id, lock=True)
    check_version(row, expected)
    end(session, ports, row)


def end(session: Session, ports: Ports, row: LoadBalancer) -> None:
    """The last of a locked load balancer: it is metered to this moment, then it is gone."""
    touch(row)
    usage.record(session, row, ports.clock.now())
    published.load_balancer_deleted(session, row)
    LoadBalancerRepository(session).remove(row)


def haproxy_configuration(session: Session, id: str) -> str:
    """The configuration of a load balancer. Raises NotFound."""
    repository = LoadBalancerRepository(session)
    row = repository.get(id)
    pools = {pool.id: _pool_config(pool) for pool in repository.pools_of(row)}
    listeners = [ListenerConfig(each.port, Protocol(each.protocol), each.pool_id) for each in row.listeners]
    return haproxy.render(row.id, listeners, pools)


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
        hash_key=HashKey(pool.hash_key),
        hash_name=pool.hash_name,
        active_check=ActiveCheck(pool.active_check),
        check_path=pool.check_path,
        check_timeout_seconds=pool.check_timeout_seconds,
    )


def _listeners(session: Session, wanted: Sequence[Mapping[str, Any]]) -> list[Listener]:
    """Rows of listeners, by port. Their pools are kept from deletion. Raises ListenerConflict or UnknownPool."""
    check_listener_ports([each["port"] for each in wanted])
    pool_ids = {each["pool_id"] for each in wanted}
    unknown = pool_ids - PoolRepository(session).known(pool_ids)
    if unknown:
        raise UnknownPool(f"there is no pool {', '.join(sorted(unknown))}", pools=sorted(unknown))
    return [
        Listener(port=each["port"], protocol=str(each["protocol"]), pool_id=each["pool_id"])
        for each in sorted(wanted, key=lambda listener: int(listener["port"]))
    ]
