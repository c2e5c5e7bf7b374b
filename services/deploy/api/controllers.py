"""The rollout controller as operators and the platform's own services see it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.deploy.operations import controllers
from services.deploy.ports import Ports
from services.deploy.schemas import CandidateOut, ControllerOut, DeploymentOut, LeaderOut, ProgressIn
from services.deploy.tables import Deployment
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires
from shared.web.permissions import INTERNAL

router = ApiRouter(tags=["controller"])


@router.get("/controller", response_model=ControllerOut, dependencies=[requires(INTERNAL)])
def get(ports: Ports = ports_of_app(), session: Session = database()) -> ControllerOut:
    """Who leads, who else stands, and what each believes of itself."""
    view = controllers.view(session, ports)
    record = view.leader
    leader = LeaderOut(candidate=record.candidate, term=record.term, fencing_token=record.token) if record else None
    candidates = [CandidateOut.model_validate(each) for each in view.candidates]
    return ControllerOut(leader=leader, newest_token=view.newest_token, candidates=candidates)


@router.post("/deployments/{id}/progress", response_model=DeploymentOut, dependencies=[requires(INTERNAL)])
def write_progress(
    id: str, body: ProgressIn, ports: Ports = ports_of_app(), session: Session = database()
) -> Deployment:
    """Write a rollout's targets and traffic as a controller does; an older fencing token is refused."""
    return controllers.write_progress(session, ports, id, body.fencing_token, body.targets, body.traffic)
