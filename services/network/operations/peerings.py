"""Peerings: asked for, answered and ended."""

from __future__ import annotations

from services.network import published
from services.network.domain.errors import CidrOverlap, PeeringExists
from services.network.domain.peerings import LIFE_CYCLE, PeeringState, check_answer, check_request, reachable
from services.network.domain.peerings import Peering as PeeringFacts
from services.network.domain.routes import TargetKind
from services.network.models import Peering, Vpc
from services.network.operations.routes import lead_nowhere
from services.network.operations.vpcs import ranges_of
from services.network.repository import PeeringRepository, VpcRepository
from shared.events.admission import ask
from shared.events.resources import CREATE, UPDATE
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def request_peering(vpc_id: str, peer_tenant_id: str | None, peer_vpc_id: str) -> Peering:
    """Ask the owner of another VPC for a peering; without a tenant it is another of one's own VPCs.

    What was asked before and refused makes room for it.

    Raises NotFound, PolicyDenied, InvalidPeering, CidrOverlap or PeeringExists.
    """
    vpcs, peerings = VpcRepository(), PeeringRepository()
    other_tenant = peer_tenant_id or current_tenant()
    peering = Peering(
        id=new_id("pcx"),
        tenant_id=current_tenant(),
        requester_vpc=vpcs.get(vpc_id),
        accepter_tenant_id=other_tenant,
        accepter_vpc=vpcs.of_tenant(other_tenant, peer_vpc_id),
        state=PeeringState.PENDING_ACCEPTANCE.value,
    )
    # Before the other side's VPC is locked: its owner must not wait for those who decide on this side's requests.
    ask(published.PEERING, peering.id, CREATE, published.peering_facts(peering))
    vpcs.lock_all([peering.requester_vpc_id, peering.accepter_vpc_id])
    ours, theirs = vpcs.get(vpc_id), vpcs.of_tenant(other_tenant, peer_vpc_id)
    _check_ranges(ours, theirs)
    peerings.lock_pair(ours.id, theirs.id)
    if peerings.living_between(ours.id, theirs.id):
        raise PeeringExists("the two VPCs have a peering, or one of them waits for the other's answer")
    for refused in peerings.rejected_of(ours.id, theirs.id):
        delete_peering(refused.id)
    published.peering_requested(peerings.add(peering))
    return peering


def _check_ranges(ours: Vpc, theirs: Vpc) -> None:
    """Without telling one side the other's ranges. Raises InvalidPeering or CidrOverlap."""
    try:
        check_request(ours.id, ranges_of(ours), theirs.id, ranges_of(theirs))
    except CidrOverlap:
        raise CidrOverlap("the ranges of the two VPCs overlap") from None


def accept_peering(peering_id: str, expected: EntityTags | None = None) -> Peering:
    """The accepter agrees; the peering is active. Neither VPC gets another range meanwhile.

    Raises NotFound, VersionConflict, CidrOverlap or IllegalTransition.
    """
    asked = PeeringRepository().get(peering_id)
    ask(published.PEERING, asked.id, UPDATE, {**published.peering_facts(asked), "state": PeeringState.ACTIVE.value})
    VpcRepository().lock_all([asked.requester_vpc_id, asked.accepter_vpc_id])
    peering = _answered(peering_id, PeeringState.ACTIVE, expected)
    _check_ranges(peering.requester_vpc, peering.accepter_vpc)
    published.peering_accepted(peering)
    return peering


def reject_peering(peering_id: str, expected: EntityTags | None = None) -> Peering:
    """The accepter refuses. Raises NotFound, VersionConflict or IllegalTransition."""
    peering = _answered(peering_id, PeeringState.REJECTED, expected)
    published.peering_rejected(peering)
    return peering


def _answered(peering_id: str, answer: PeeringState, expected: EntityTags | None) -> Peering:
    peerings = PeeringRepository()
    peering = peerings.get(peering_id, lock=True)
    check_answer(_facts_of(peering), current_tenant())
    check_version(peering, expected)
    peering.state = LIFE_CYCLE.transition(PeeringState(peering.state), answer).value
    return peerings.save(peering)


def _facts_of(peering: Peering) -> PeeringFacts:
    """The peering as the rules have it."""
    return PeeringFacts(
        peering.tenant_id,
        peering.requester_vpc_id,
        peering.accepter_tenant_id,
        peering.accepter_vpc_id,
        PeeringState(peering.state),
    )


def is_reachable(vpc_id: str, other_vpc_id: str) -> bool:
    """Whether an active peering joins one's own VPC and another directly. Raises NotFound for one's own."""
    VpcRepository().get(vpc_id)
    return reachable([_facts_of(peering) for peering in PeeringRepository().of_vpc(vpc_id)], vpc_id, other_vpc_id)


def delete_peering(peering_id: str, expected: EntityTags | None = None) -> None:
    """Either side ends it at any time. Both sides' routes over it lead nowhere from then on, as EC2 has it.

    Raises NotFound or VersionConflict.
    """
    peering = PeeringRepository().get(peering_id, lock=True)
    check_version(peering, expected)
    peering.state = LIFE_CYCLE.transition(PeeringState(peering.state), PeeringState.DELETED).value
    published.peering_deleted(peering)
    lead_nowhere(TargetKind.PEERING, peering.id)
    peering.delete()
