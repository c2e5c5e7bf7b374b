"""Plans of environments."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.deploy.api.common import READ, WRITE
from services.deploy.operations import plans
from services.deploy.ports import Ports
from services.deploy.repository import PlanRepository
from services.deploy.schemas import PlanCreate, PlanOut
from services.deploy.tables import Plan
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter(tags=["plans"])


@router.post("/environments/{name}/plans", status_code=201, response_model=PlanOut, dependencies=[requires(WRITE)])
def create(name: str, body: PlanCreate, ports: Ports = ports_of_app(), session: Session = database()) -> Plan:
    """Plan what has to change, and save the plan."""
    wanted = [each.resource() for each in body.resources or []]
    return plans.create(session, ports, name, wanted, mode=body.mode, refresh=body.refresh)


@router.get("/plans/{id}", response_model=PlanOut, dependencies=[requires(READ)])
def get(id: str, session: Session = database()) -> Plan:
    """One saved plan."""
    return PlanRepository(session).get(id)
