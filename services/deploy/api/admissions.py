"""Protected environments, and the votes that admit deployments to them."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.orm import Session

from services.deploy.api.common import READ, WRITE
from services.deploy.operations import admissions
from services.deploy.ports import Ports
from services.deploy.schemas import (
    AdmissionOut,
    BallotIn,
    EnvironmentOut,
    MembersOut,
    ProtectionIn,
    VoteIn,
)
from services.deploy.tables import Environment
from shared.web.fastapi import ApiRouter, ExpectedVersion, database, ports_of_app, requires
from shared.web.permissions import INTERNAL

router = ApiRouter(tags=["admissions"])


@router.put("/environments/{name}/protection", response_model=EnvironmentOut, dependencies=[requires(WRITE)])
def protect(name: str, body: ProtectionIn, version: ExpectedVersion, session: Session = database()) -> Environment:
    """Let deployments in only when a majority of the controller's members agrees, or without asking them."""
    return admissions.protect(session, name, body.protected, version)


@router.get("/deployments/{id}/admission", response_model=AdmissionOut, dependencies=[requires(READ)])
def get(id: str, ports: Ports = ports_of_app(), session: Session = database()) -> AdmissionOut:
    """How a deployment's admission stands."""
    return AdmissionOut.of(admissions.of_deployment(session, ports, id))


@router.post("/deployments/{id}/ballots", response_model=AdmissionOut, dependencies=[requires(INTERNAL)])
def propose(id: str, body: BallotIn, ports: Ports = ports_of_app(), session: Session = database()) -> AdmissionOut:
    """Ask the members as a leader of this term does; only a term later than every one before is heard.

    Whoever asks again in their own ballot's term is answered by how it stands.
    """
    return AdmissionOut.of(admissions.propose(session, ports, id, body.term))


@router.post("/deployments/{id}/votes", response_model=AdmissionOut, dependencies=[requires(INTERNAL)])
def vote(id: str, body: VoteIn, ports: Ports = ports_of_app(), session: Session = database()) -> AdmissionOut:
    """Vote as a member does; its first vote of a term stands.

    The same vote again is answered when the ballot is closed, too.
    """
    return AdmissionOut.of(admissions.vote(session, ports, id, body.term, body.member, body.approve))


@router.get("/controller/members", response_model=MembersOut, dependencies=[requires(INTERNAL)])
def list_members(ports: Ports = ports_of_app()) -> MembersOut:
    """Whose votes count; a member that is down is still a member."""
    return MembersOut(members=list(admissions.members(ports)))


@router.delete("/controller/members/{name}", status_code=204, dependencies=[requires(INTERNAL)])
def remove_member(name: str, ports: Ports = ports_of_app()) -> Response:
    """A process that won't come back doesn't count any more."""
    admissions.remove_member(ports, name)
    return Response(status_code=204)
