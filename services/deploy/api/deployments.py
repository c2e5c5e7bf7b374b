"""Deployments of an environment."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.deploy.api.common import READ, WRITE
from services.deploy.operations import deployments
from services.deploy.operations.counting import CountingPorts
from services.deploy.ports import Ports
from services.deploy.repository import DeploymentRepository, EnvironmentRepository
from services.deploy.schemas import DeploymentCreate, DeploymentOut, SamplesIn
from services.deploy.tables import Deployment
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.schemas import PageOut

router = ApiRouter(tags=["deployments"])


@router.post(
    "/environments/{name}/deployments", status_code=201, response_model=DeploymentOut, dependencies=[requires(WRITE)]
)
def start(
    name: str, body: DeploymentCreate, ports: CountingPorts = ports_of_app(), session: Session = database()
) -> Deployment:
    """Deploy a new revision; the elected controller rolls it out."""
    return deployments.start(
        session,
        ports,
        name,
        release=body.release.model_dump(),
        strategy=body.strategy.model_dump(),
        replicas=body.replicas,
        progress_deadline_seconds=body.progress_deadline_seconds,
    )


@router.get("/environments/{name}/deployments", response_model=PageOut[DeploymentOut], dependencies=[requires(READ)])
def list_deployments(name: str, page: PageQuery, session: Session = database()) -> Page[Deployment]:
    """The environment's revision history, oldest first."""
    environment = EnvironmentRepository(session).named(name)
    return DeploymentRepository(session).page(page, Deployment.environment_id == environment.id)


@router.get("/deployments/{id}", response_model=DeploymentOut, dependencies=[requires(READ)])
def get(id: str, session: Session = database()) -> Deployment:
    """One deployment."""
    return DeploymentRepository(session).get(id)


@router.post("/deployments/{id}/pause", response_model=DeploymentOut, dependencies=[requires(WRITE)])
def pause(id: str, version: ExpectedVersion, session: Session = database()) -> Deployment:
    """Stop the rollout where it is."""
    return deployments.pause(session, id, version)


@router.post("/deployments/{id}/resume", response_model=DeploymentOut, dependencies=[requires(WRITE)])
def resume(
    id: str, version: ExpectedVersion, ports: Ports = ports_of_app(), session: Session = database()
) -> Deployment:
    """Go on with a paused rollout."""
    return deployments.resume(session, ports, id, version)


@router.post("/deployments/{id}/cancel", response_model=DeploymentOut, dependencies=[requires(WRITE)])
def cancel(
    id: str, version: ExpectedVersion, ports: Ports = ports_of_app(), session: Session = database()
) -> Deployment:
    """Give the rollout up and return to the stable revision."""
    return deployments.cancel(session, ports, id, version)


@router.post("/deployments/{id}/rollback", response_model=DeploymentOut, dependencies=[requires(WRITE)])
def roll_back(
    id: str, version: ExpectedVersion, ports: Ports = ports_of_app(), session: Session = database()
) -> Deployment:
    """Return from the latest revision to the last successful one before it."""
    return deployments.roll_back(session, ports, id, version)


@router.post("/deployments/{id}/samples", response_model=DeploymentOut, dependencies=[requires(WRITE)])
def report_samples(id: str, body: SamplesIn, version: ExpectedVersion, session: Session = database()) -> Deployment:
    """Report requests of the canary and their errors."""
    return deployments.report_samples(session, id, version, body.requests, body.errors)
