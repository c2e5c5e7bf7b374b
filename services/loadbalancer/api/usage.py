"""The end point of metering."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.loadbalancer.api.common import WRITE
from services.loadbalancer.operations import usage
from services.loadbalancer.ports import Ports
from services.loadbalancer.schemas import UsageFlushed
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter()


@router.post("/usage/flush", dependencies=[requires(WRITE)])
def flush_usage(ports: Ports = ports_of_app(), session: Session = database()) -> UsageFlushed:
    """Record the usage of the tenant's load balancers up to now."""
    return UsageFlushed(recorded=usage.flush(session, ports))
