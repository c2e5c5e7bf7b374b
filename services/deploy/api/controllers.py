"""The rollout controller as operators and the platform's own services see it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.deploy.api.common import PortsOf
from services.deploy.controller import ELECTION
from services.deploy.operations import rollouts
from services.deploy.ports import Ports
from services.deploy.repository import CandidateRepository, FenceRepository
from services.deploy.schemas import CandidateOut, ControllerOut, DeploymentOut, LeaderOut, ProgressIn
from services.deploy.tables import Deployment
from shared.infra.election import LeaderElection, LeaderRecord
from shared.kernel.context import RequestContext
from shared.web.fastapi import ApiRouter, database, requires

router = ApiRouter(tags=["controller"])


@router.get("/controller", response_model=ControllerOut)
def get(ports: PortsOf, ctx: RequestContext = requires("internal"), session: Session = database()) -> ControllerOut:
    """Who leads, who else stands, and what each believes of itself."""
    record = _leader(ports)
    candidates = [CandidateOut.model_validate(each) for each in CandidateRepository(session).all()]
    leader = LeaderOut(candidate=record.candidate, term=record.term, fencing_token=record.token) if record else None
    newest = FenceRepository(session).highest(rollouts.FENCE)
    return ControllerOut(leader=leader, newest_token=newest, candidates=candidates)


@router.post("/deployments/{id}/progress", response_model=DeploymentOut)
def write_progress(
    id: str,
    body: ProgressIn,
    ports: PortsOf,
    ctx: RequestContext = requires("internal"),
    session: Session = database(),
) -> Deployment:
    """Write a rollout's targets and traffic as a controller does; an older fencing token is refused."""
    record = _leader(ports)
    newest = max(record.token if record else 0, FenceRepository(session).highest(rollouts.FENCE))
    return rollouts.write_progress(session, id, body.fencing_token, newest, body.targets, body.traffic)


def _leader(ports: Ports) -> LeaderRecord | None:
    return LeaderElection(ports.etcd, ELECTION, ports.settings.candidate).leader()
