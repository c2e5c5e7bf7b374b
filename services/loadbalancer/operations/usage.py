"""Metering the time for which load balancers exist."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from services.loadbalancer.domain.load_balancers import RATES
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import LoadBalancerRepository
from services.loadbalancer.tables import LoadBalancer
from shared.metering import record_usage


def record(session: Session, row: LoadBalancer, until: datetime) -> int:
    """Tell for how long a locked load balancer existed since it was last metered; how many records that made."""
    return len(record_usage(session, "loadbalancer", row, RATES, until))


def flush(session: Session, ports: Ports) -> int:
    """Record the usage of all load balancers of the tenant up to now; how many records that made."""
    repository, now, recorded = LoadBalancerRepository(session), ports.clock.now(), 0
    for row in repository.locked():
        recorded += record(session, row, now)
        repository.save_metered(row)
    return recorded
