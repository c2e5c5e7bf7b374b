"""Applies of plans."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.deploy.api.common import READ, WRITE
from services.deploy.operations import applies
from services.deploy.ports import Ports
from services.deploy.repository import ApplyRepository, EnvironmentRepository, StepRepository
from services.deploy.schemas import ApplyCreate, ApplyDetail, ApplyOut, StepOut
from services.deploy.tables import Apply
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter(tags=["applies"])


@router.post("/environments/{name}/applies", status_code=202, response_model=ApplyOut, dependencies=[requires(WRITE)])
def create(name: str, body: ApplyCreate, ports: Ports = ports_of_app(), session: Session = database()) -> Apply:
    """Apply a saved plan; a worker does it."""
    return applies.accept(session, ports, name, body.plan_id)


@router.get("/environments/{name}/applies", response_model=PageOut[ApplyOut], dependencies=[requires(READ)])
def list_applies(name: str, page: PageQuery, session: Session = database()) -> Page[Apply]:
    """The environment's applies, oldest first."""
    environment = EnvironmentRepository(session).named(name)
    return ApplyRepository(session).page(page, Apply.environment_id == environment.id)


@router.get("/applies/{id}", response_model=ApplyDetail, dependencies=[requires(READ)])
def get(id: str, session: Session = database()) -> ApplyDetail:
    """One apply with its steps."""
    found = ApplyOut.model_validate(ApplyRepository(session).get(id))
    steps = [StepOut.model_validate(step) for step in StepRepository(session).of(id)]
    return ApplyDetail(**found.model_dump(), steps=steps)
