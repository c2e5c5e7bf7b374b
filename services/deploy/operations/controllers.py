"""The rollout controller as operators and the platform's own services see it, and the write that a leader makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.deploy.domain.progress import Replicas
from services.deploy.operations import rollouts
from services.deploy.operations.admissions import ELECTION
from services.deploy.ports import Ports
from services.deploy.repository import CandidateRepository, FenceRepository
from services.deploy.tables import Candidate, Deployment
from shared.infra.election import LeaderElection, LeaderRecord


@dataclass(frozen=True)
class ControllerView:
    """Who leads as the election has it, the newest token that has written, and what each candidate last said."""

    leader: LeaderRecord | None
    newest_token: int
    candidates: Sequence[Candidate]


def view(session: Session, ports: Ports) -> ControllerView:
    """Who leads, who else stands, and what each believes of itself."""
    return ControllerView(
        leader=_leader(ports),
        newest_token=FenceRepository(session).highest(rollouts.FENCE),
        candidates=CandidateRepository(session).all(),
    )


def write_progress(session: Session, ports: Ports, id: str, token: int, targets: Replicas, traffic: int) -> Deployment:
    """Set a rollout's targets and traffic as a leader with this fencing token would.

    Raises FencingTokenFromTheFuture, StaleFencingToken, or NotInProgress.
    """
    record = _leader(ports)
    newest = max(record.token if record else 0, FenceRepository(session).highest(rollouts.FENCE))
    return rollouts.write_progress(session, id, token, newest, targets, traffic)


def _leader(ports: Ports) -> LeaderRecord | None:
    return LeaderElection(ports.etcd, ELECTION, ports.settings.candidate).leader()
