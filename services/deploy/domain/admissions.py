"""Whether a quorum of the rollout controller's members lets a deployment into a protected environment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.infra.quorum import Tally


class Verdict(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    ADMITTED = "admitted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Proposal:
    """What a leader asks the members to admit, and in which term."""

    deployment_id: str
    tenant_id: str
    environment: str
    term: int


@dataclass(frozen=True)
class Seen:
    """What a member sees for itself when it is asked: the leader's term, and who holds the environment's lock."""

    leader_term: int | None
    lock_owner: str | None


@dataclass(frozen=True)
class Admission:
    """How a deployment's admission stands. `term` is 0 before anything was proposed."""

    protected: bool
    term: int
    members: tuple[str, ...]
    tally: Tally | None
    verdict: Verdict


def verdict(tally: Tally) -> Verdict:
    """Admitted by a majority of the present members, refused when there can't be one any more."""
    if tally.carried:
        return Verdict.ADMITTED
    return Verdict.REFUSED if tally.lost else Verdict.OPEN


def approves(proposal: Proposal, seen: Seen) -> bool | None:
    """A member's vote; None while it can't tell: the election has gone on, and whoever leads now will ask again.

    It approves what the leader of the present term proposes for the deployment that holds the environment.
    """
    if seen.leader_term != proposal.term:
        return None
    return seen.lock_owner == proposal.deployment_id
