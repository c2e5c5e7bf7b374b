"""VPC peering: both sides agree, ranges don't overlap, and it isn't transitive (AWS VPC peering)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.network.domain.cidr import Network, check_no_overlap
from services.network.domain.errors import InvalidPeering, NotPeeringParty
from shared.infra.state_machine import StateMachine


class PeeringState(StrEnum):
    """The life of a peering."""

    PENDING_ACCEPTANCE = "pending_acceptance"
    ACTIVE = "active"
    REJECTED = "rejected"
    DELETED = "deleted"


S = PeeringState

LIFE_CYCLE: StateMachine[PeeringState] = StateMachine(
    {
        # Asked for by one side; nothing passes before the other side has agreed.
        S.PENDING_ACCEPTANCE: (S.ACTIVE, S.REJECTED, S.DELETED),
        S.ACTIVE: (S.DELETED,),
        S.REJECTED: (S.DELETED,),
        S.DELETED: (),
    }
)


@dataclass(frozen=True)
class Peering:
    """A connection between a requester's and an accepter's VPC."""

    requester_tenant_id: str
    requester_vpc_id: str
    accepter_tenant_id: str
    accepter_vpc_id: str
    state: PeeringState = PeeringState.PENDING_ACCEPTANCE

    def connects(self, first_vpc: str, second_vpc: str) -> bool:
        """Whether traffic may pass between the two VPCs by this peering."""
        return self.state is PeeringState.ACTIVE and {first_vpc, second_vpc} == {
            self.requester_vpc_id,
            self.accepter_vpc_id,
        }


def check_request(
    requester_vpc: str, requester: Iterable[Network], accepter_vpc: str, accepter: Iterable[Network]
) -> None:
    """Whether a peering may be asked for. Raises InvalidPeering or CidrOverlap."""
    if requester_vpc == accepter_vpc:
        raise InvalidPeering("a VPC can't peer with itself")
    theirs = list(accepter)
    for network in requester:
        check_no_overlap(network, theirs)


def check_answer(peering: Peering, tenant_id: str) -> None:
    """Only the accepter's tenant may accept or reject. Raises NotPeeringParty."""
    if tenant_id != peering.accepter_tenant_id:
        raise NotPeeringParty("only the accepter can answer a peering request")


def reachable(peerings: Iterable[Peering], source_vpc: str, destination_vpc: str) -> bool:
    """Whether one active peering joins the two directly: A-B and B-C don't make A-C."""
    return any(peering.connects(source_vpc, destination_vpc) for peering in peerings)
