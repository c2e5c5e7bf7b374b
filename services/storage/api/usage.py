"""Usage, ahead of its schedule."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.storage.api.common import WRITE
from services.storage.operations import usage
from services.storage.ports import Ports
from services.storage.schemas import UsageFlushed
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter(tags=["usage"])


@router.post("/usage/flush", response_model=UsageFlushed, dependencies=[requires(WRITE)])
def flush(session: Session = database(), ports: Ports = ports_of_app()) -> UsageFlushed:
    """Record the usage of the tenant's volumes up to now (before an invoice, for example)."""
    return UsageFlushed(recorded=usage.flush(session, ports.clock))
