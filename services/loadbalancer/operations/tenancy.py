"""What the end of a tenant does to its load balancers and pools."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.loadbalancer.operations import load_balancers, pools
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import LoadBalancerRepository, PoolRepository


def delete_all(session: Session, ports: Ports) -> None:
    """Leave nothing of the context's tenant behind: first what uses pools, then the pools."""
    for row in LoadBalancerRepository(session).locked():
        load_balancers.end(session, ports, row)
    for pool in PoolRepository(session).locked():
        pools.end(session, pool)
