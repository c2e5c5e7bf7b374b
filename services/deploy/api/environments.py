"""Environments: their locks and their state."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.deploy.api.common import READ, WRITE
from services.deploy.operations import environments
from services.deploy.ports import Ports
from services.deploy.repository import EnvironmentRepository
from services.deploy.schemas import (
    EnvironmentCreate,
    EnvironmentOut,
    HistoryOut,
    LockOut,
    StateOut,
    StateVersionOut,
)
from services.deploy.tables import Environment
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter(tags=["environments"])


@router.post("/environments", status_code=201, response_model=EnvironmentOut, dependencies=[requires(WRITE)])
def create(body: EnvironmentCreate, session: Session = database()) -> Environment:
    """Create an environment."""
    return environments.create(session, body.name)


@router.get("/environments", response_model=PageOut[EnvironmentOut], dependencies=[requires(READ)])
def list_environments(page: PageQuery, session: Session = database()) -> Page[Environment]:
    """The tenant's environments."""
    return EnvironmentRepository(session).page(page)


@router.get("/environments/{name}", response_model=EnvironmentOut, dependencies=[requires(READ)])
def get(name: str, session: Session = database()) -> Environment:
    """One environment."""
    return EnvironmentRepository(session).named(name)


@router.delete("/environments/{name}", status_code=204, dependencies=[requires(WRITE)])
def delete(
    name: str, version: ExpectedVersion, ports: Ports = ports_of_app(), session: Session = database()
) -> Response:
    """Delete an environment without resources."""
    environments.delete(session, ports, name, version)
    return Response(status_code=204)


@router.get("/environments/{name}/lock", response_model=LockOut, dependencies=[requires(READ)])
def get_lock(name: str, ports: Ports = ports_of_app(), session: Session = database()) -> LockOut:
    """Who holds the environment."""
    holder = environments.lock_holder(session, ports, name)
    if holder is None:
        return LockOut(locked=False)
    return LockOut(locked=True, owner=holder.id, who=holder.who, operation=holder.operation, created=holder.created)


@router.get("/environments/{name}/state", response_model=StateOut, dependencies=[requires(READ)])
def get_state(name: str, ports: Ports = ports_of_app(), session: Session = database()) -> StateOut:
    """What the environment consists of. 404 before the first apply."""
    document = environments.state(session, ports, name)
    version = document.version
    return StateOut(lineage=version.lineage, serial=version.serial, resources=document.body["resources"])


@router.get("/environments/{name}/state/history", response_model=HistoryOut, dependencies=[requires(READ)])
def get_history(name: str, ports: Ports = ports_of_app(), session: Session = database()) -> HistoryOut:
    """Every version of the environment's state, the latest first."""
    found = environments.state_history(session, ports, name)
    return HistoryOut(versions=[StateVersionOut.model_validate(version) for version in found])
