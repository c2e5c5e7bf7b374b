"""Environments, their plans, applies and state."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.deploy.api.common import DispatcherOf, PortsOf
from services.deploy.operations import applies, documents, environments
from services.deploy.repository import ApplyRepository, EnvironmentRepository, PlanRepository
from services.deploy.schemas import (
    ApplyCreate,
    ApplyDetail,
    ApplyOut,
    EnvironmentCreate,
    EnvironmentOut,
    HistoryOut,
    LockOut,
    PageOut,
    PlanCreate,
    PlanOut,
    StateOut,
    StateVersionOut,
    StepOut,
)
from services.deploy.tables import Apply, Environment, Plan
from shared.infra.db.hooks import after_commit
from shared.infra.state_store import StateNotFound
from shared.kernel.context import RequestContext
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, PageQuery, database, requires

router = ApiRouter(tags=["environments"])
READ, WRITE = "deploy:read", "deploy:write"


@router.post("/environments", status_code=201, response_model=EnvironmentOut)
def create(
    body: EnvironmentCreate, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Environment:
    """Create an environment."""
    return environments.create(session, body.name)


@router.get("/environments", response_model=PageOut[EnvironmentOut])
def list_environments(
    page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()
) -> Page[Environment]:
    """The tenant's environments."""
    return EnvironmentRepository(session).page(page)


@router.get("/environments/{name}", response_model=EnvironmentOut)
def get(name: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Environment:
    """One environment."""
    return EnvironmentRepository(session).named(name)


@router.delete("/environments/{name}", status_code=204)
def delete(name: str, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Response:
    """Delete an environment without resources."""
    environments.delete(session, ports, name)
    return Response(status_code=204)


@router.get("/environments/{name}/lock", response_model=LockOut)
def get_lock(name: str, ports: PortsOf, ctx: RequestContext = requires(READ), session: Session = database()) -> LockOut:
    """Who holds the environment."""
    environment = EnvironmentRepository(session).named(name)
    holder = ports.locks.holder(environment.tenant_id, environment.name)
    if holder is None:
        return LockOut(locked=False)
    return LockOut(locked=True, owner=holder.id, who=holder.who, operation=holder.operation, created=holder.created)


@router.post("/environments/{name}/plans", status_code=201, response_model=PlanOut)
def plan(
    name: str,
    body: PlanCreate,
    ports: PortsOf,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Plan:
    """Plan what has to change, and save the plan."""
    return environments.plan(session, ports, name, [each.resource() for each in body.resources])


@router.get("/plans/{id}", response_model=PlanOut)
def get_plan(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Plan:
    """One saved plan."""
    return PlanRepository(session).get(id)


@router.post("/environments/{name}/applies", status_code=202, response_model=ApplyOut)
def apply(
    name: str,
    body: ApplyCreate,
    ports: PortsOf,
    dispatcher: DispatcherOf,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Apply:
    """Apply a saved plan; a worker does it."""
    accepted = applies.accept(session, ports, name, body.plan_id)
    after_commit(session, dispatcher.poke)
    return accepted


@router.get("/environments/{name}/applies", response_model=PageOut[ApplyOut])
def list_applies(
    name: str, page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()
) -> Page[Apply]:
    """The environment's applies, oldest first."""
    environment = EnvironmentRepository(session).named(name)
    return ApplyRepository(session).page(page, Apply.environment_id == environment.id)


@router.get("/applies/{id}", response_model=ApplyDetail)
def get_apply(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> ApplyDetail:
    """One apply with its steps."""
    applies_of = ApplyRepository(session)
    found = ApplyOut.model_validate(applies_of.get(id))
    steps = [StepOut.model_validate(step) for step in applies_of.steps(id)]
    return ApplyDetail(**found.model_dump(), steps=steps)


@router.get("/environments/{name}/state", response_model=StateOut)
def get_state(
    name: str, ports: PortsOf, ctx: RequestContext = requires(READ), session: Session = database()
) -> StateOut:
    """What the environment consists of. 404 before the first apply."""
    EnvironmentRepository(session).named(name)
    document = documents.read(ports, name)
    if document is None:
        raise StateNotFound(f"nothing has been applied to {name} yet")
    version = document.version
    return StateOut(lineage=version.lineage, serial=version.serial, resources=document.body["resources"])


@router.get("/environments/{name}/state/history", response_model=HistoryOut)
def get_history(
    name: str, ports: PortsOf, ctx: RequestContext = requires(READ), session: Session = database()
) -> HistoryOut:
    """Every version of the environment's state, the latest first."""
    environment = EnvironmentRepository(session).named(name)
    found = ports.states.history(environment.tenant_id, name)
    return HistoryOut(versions=[StateVersionOut.model_validate(version) for version in found])
