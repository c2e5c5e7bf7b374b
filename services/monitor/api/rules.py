"""Alert rules: what is computed, and from which value on it is trouble."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.monitor.api.common import READ, WRITE
from services.monitor.operations import rules
from services.monitor.ports import Ports
from services.monitor.repository import RuleRepository
from services.monitor.schemas import RuleChange, RuleCreate, RuleOut
from services.monitor.tables import Rule
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter()


@router.post("/alert-rules", status_code=201, response_model=RuleOut, dependencies=[requires(WRITE)])
def create_rule(body: RuleCreate, ports: Ports = ports_of_app(), session: Session = database()) -> Rule:
    """Create an alert rule."""
    return rules.create_rule(session, ports, body.model_dump())


@router.get("/alert-rules", response_model=PageOut[RuleOut], dependencies=[requires(READ)])
def list_rules(page: PageQuery, session: Session = database()) -> Page[Rule]:
    """The tenant's alert rules."""
    return RuleRepository(session).page(page)


@router.get("/alert-rules/{id}", response_model=RuleOut, dependencies=[requires(READ)])
def get_rule(id: str, session: Session = database()) -> Rule:
    """One alert rule."""
    return RuleRepository(session).get(id)


@router.patch("/alert-rules/{id}", response_model=RuleOut, dependencies=[requires(WRITE)])
def change_rule(id: str, body: RuleChange, version: ExpectedVersion, session: Session = database()) -> Rule:
    """Change an alert rule."""
    return rules.change_rule(session, id, body.model_dump(exclude_unset=True), version)


@router.delete("/alert-rules/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete_rule(id: str, version: ExpectedVersion, session: Session = database()) -> Response:
    """Delete an alert rule and its alerts."""
    rules.delete_rule(session, id, version)
    return Response(status_code=204)
