"""Admission to protected environments: a majority of the rollout controller's members has to agree.

The members are the processes that joined: the API, the controllers and the workers. Each judges for itself by what
etcd tells it. A minority that is cut off from the others, or a leader that was superseded, admits nothing; while no
majority can be had, the deployment waits.
"""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.admissions import Admission, Proposal, Seen, Verdict, approves, verdict
from services.deploy.ports import Ports
from services.deploy.repository import DeploymentRepository, EnvironmentRepository
from services.deploy.tables import Deployment, Environment
from shared.errors import Conflict, NotFound, ValidationFailed
from shared.infra.ballots import Ballot, Ballots, StaleTerm
from shared.infra.db.sqlalchemy import check_version, touch
from shared.infra.election import LeaderElection
from shared.infra.membership import PREFIX as MEMBERS
from shared.infra.membership import Members
from shared.infra.periodic import Periodic
from shared.infra.quorum import Tally, Vote, count_votes
from shared.infra.watch import PrefixFollower
from shared.kernel.context import current
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags

log = logger("deploy.admissions")

ELECTION = GROUP = "rollout-controller"
NOT_ADMITTED = "not_admitted"
"""Why a deployment that was refused is cancelled."""
JOIN_SECONDS = 3600.0
"""How often a process makes sure that it is a member: an operator may have removed one that came back after all."""


class UnknownTerm(ValidationFailed):
    """A term that no election has given yet; a ballot in it would shut every real leader out."""

    code = "unknown_term"


class LastMember(Conflict):
    """Without a member there is no majority, and nothing could be let into a protected environment ever again."""

    code = "last_member"


class Voter:
    """This process as a member: it joins, sees every proposal and votes on it, once a term."""

    def __init__(self, ports: Ports, name: str) -> None:
        self._ports = ports
        self._name = name
        self._joining = Periodic("join", JOIN_SECONDS, lambda: _members(ports).join(name), retry_seconds=1.0)
        self._follower = PrefixFollower(ports.etcd, _ballots(ports).prefix, self._asked)

    def start(self) -> None:
        """Join, and begin to vote."""
        self._joining.start()
        self._follower.start()

    def stop(self) -> None:
        """Vote no more; the process stays a member, since it may only be restarted."""
        self._joining.stop()
        self._follower.stop()

    def _asked(self, value: bytes) -> None:
        """Vote on a proposal. Raises CoordinationUnavailable, and is asked again then."""
        ballot = Ballot(**json.loads(value))
        if ballot.closed:
            return
        approve = approves(_proposal(ballot), _seen(self._ports, ballot))
        if approve is None:
            return
        try:
            _ballots(self._ports).cast(ballot, Vote(self._name, approve))
        except StaleTerm:
            log.info("the vote has gone on", subject=ballot.subject, term=ballot.term)


def members(ports: Ports) -> tuple[str, ...]:
    """Who counts, present or down."""
    return tuple(sorted(_members(ports).current()))


def remove_member(ports: Ports, name: str) -> None:
    """A process that won't come back doesn't count any more. Raises NotFound, or LastMember."""
    while True:
        present = {item.value.decode(): item for item in ports.etcd.snapshot(f"{MEMBERS}{GROUP}/").items}
        if name not in present:
            raise NotFound(f"there is no member {name}")
        gone = present.pop(name)
        if not present:
            raise LastMember(f"{name} is the only member: start another controller or worker before it is removed")
        # Only while one stays: of two that remove the last two, one comes too late and looks again.
        stays = next(iter(present.values()))
        if ports.etcd.commit(unchanged=[gone, stays], deletes=[gone.key]) is not None:
            return


def protect(session: Session, name: str, protected: bool, expected: EntityTags | None) -> Environment:
    """Say whether deployments to an environment need the members' admission. Raises NotFound or VersionConflict."""
    environment = EnvironmentRepository(session).named(name, lock=True)
    check_version(environment, expected)
    if environment.protected != protected:
        environment.protected = protected
        touch(environment)
        published.environment_protection_changed(session, environment)
    return environment


def admitted(session: Session, ports: Ports, deployment: Deployment, token: int) -> Verdict:
    """Whether a deployment may begin, asked by the leader with this fencing token; the members are asked if need be."""
    environment = EnvironmentRepository(session).get(deployment.environment_id)
    if not environment.protected:
        return Verdict.ADMITTED
    record = _election(ports).leader()
    if record is None or record.token != token:
        return Verdict.OPEN
    ballot = _ballots(ports).find(deployment.id)
    if ballot is None or ballot.term < record.term:
        _ballots(ports).open(_ballot(deployment, environment, record.term))
        return Verdict.OPEN
    return verdict(_tally(ports, deployment.id))


def closed(ports: Ports, deployment_id: str) -> None:
    """A deployment has begun, or never will: nothing is left to vote on."""
    _ballots(ports).close(deployment_id)


def of_deployment(session: Session, ports: Ports, id: str) -> Admission:
    """How a deployment's admission stands. Raises NotFound."""
    deployment = DeploymentRepository(session).get(id)
    environment = EnvironmentRepository(session).get(deployment.environment_id)
    ballot = _ballots(ports).find(id)
    if ballot is None:
        waits = environment.protected and deployment.state == "pending"
        settled = Verdict.REFUSED if deployment.reason == NOT_ADMITTED else Verdict.ADMITTED
        return Admission(environment.protected, 0, members(ports), None, Verdict.OPEN if waits else settled)
    tally = _tally(ports, id)
    return Admission(environment.protected, ballot.term, members(ports), tally, verdict(tally))


def propose(session: Session, ports: Ports, id: str, term: int) -> Admission:
    """Open a ballot on a deployment as a leader of this term would; who has opened it already, and may not have heard
    so, changes nothing. Raises UnknownTerm, StaleTerm or NotFound."""
    deployment = DeploymentRepository(session).get(id)
    environment = EnvironmentRepository(session).get(deployment.environment_id)
    record = _election(ports).leader()
    if record is None or term > record.term:
        raise UnknownTerm(f"term {term} is later than the present leader's", term=record.term if record else 0)
    proposed = _ballot(deployment, environment, term, by=current().caller.responsible)
    try:
        _ballots(ports).open(proposed)
    except StaleTerm:
        if not _ballots(ports).was_opened(proposed):
            raise
    return of_deployment(session, ports, id)


def vote(session: Session, ports: Ports, id: str, term: int, member: str, approve: bool) -> Admission:
    """Vote on a deployment as this member would; its first vote of a term stands, and may be said again when the
    ballot is closed. Raises StaleTerm or NotFound."""
    DeploymentRepository(session).get(id)
    _ballots(ports).cast(Ballot(id, term), Vote(member, approve))
    return of_deployment(session, ports, id)


def _ballot(deployment: Deployment, environment: Environment, term: int, **more: str) -> Ballot:
    return Ballot(deployment.id, term, {"tenant_id": deployment.tenant_id, "environment": environment.name, **more})


def _tally(ports: Ports, deployment_id: str) -> Tally:
    return count_votes(_ballots(ports).votes(deployment_id), _members(ports).current())


def _seen(ports: Ports, ballot: Ballot) -> Seen:
    record = _election(ports).leader()
    holder = ports.locks.holder(ballot.data["tenant_id"], ballot.data["environment"])
    return Seen(record.term if record else None, holder.id if holder else None)


def _proposal(ballot: Ballot) -> Proposal:
    return Proposal(ballot.subject, ballot.data["tenant_id"], ballot.data["environment"], ballot.term)


def _ballots(ports: Ports) -> Ballots:
    return Ballots(ports.etcd, GROUP)


def _members(ports: Ports) -> Members:
    return Members(ports.etcd, GROUP)


def _election(ports: Ports) -> LeaderElection:
    return LeaderElection(ports.etcd, ELECTION, ports.settings.candidate)
