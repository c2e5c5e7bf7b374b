"""Usage, ahead of its schedule."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.api.common import WRITE
from services.compute.operations import usage
from services.compute.ports import Ports
from services.compute.schemas import UsageFlushed
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter()


@router.post("/usage/flush", response_model=UsageFlushed, dependencies=[requires(WRITE)])
def flush_usage(session: Session = database(), ports: Ports = ports_of_app()) -> UsageFlushed:
    """Record the usage of the tenant's running instances up to now."""
    return UsageFlushed(recorded=usage.flush(session, ports.clock))
