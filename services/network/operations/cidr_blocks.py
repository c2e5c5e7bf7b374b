"""Further ranges of a VPC: associated with it, and taken off again."""

from __future__ import annotations

from services.network import published
from services.network.domain.cidr import Network, check_no_overlap, parse_network
from services.network.domain.cidr_blocks import check_new_block, check_unused
from services.network.domain.errors import CidrOverlap, PrimaryCidrBlock
from services.network.domain.peerings import PeeringState
from services.network.models import Vpc
from services.network.operations.route_tables import add_local_route
from services.network.operations.vpcs import ranges_of
from services.network.repository import (
    PeeringRepository,
    RouteRepository,
    RouteTableRepository,
    SubnetRepository,
    VpcRepository,
)
from shared.errors import NotFound
from shared.events.admission import ask, ask_again
from shared.events.resources import UPDATE
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def associate_cidr_block(vpc_id: str, cidr: str, expected: EntityTags | None) -> Vpc:
    """Give a VPC one more range, of either family: each of its tables routes it locally from now on.

    It may overlap neither the tenant's other ranges, nor those of VPCs that this one is peered with, nor hold the
    destination of one of its routes. Raises NotFound, VersionConflict, InvalidCidr, PrefixLengthRefused, CidrOverlap
    or CidrBlockLimit.
    """
    network, vpcs, routes = parse_network(cidr), VpcRepository(), RouteRepository()
    vpc, block = vpcs.get(vpc_id), {"id": new_id("cidr"), "cidr": str(network)}
    check_version(vpc, expected)
    # Before the peers are locked: their owners must not wait for those who decide on this side's requests.
    asked = {**published.vpc_facts(vpc), "cidr_blocks": [*vpc.cidr_blocks, block]}
    ask(published.VPC, vpc.id, UPDATE, asked)
    vpcs.lock_address_space()
    # Those that wait for an answer too: theirs may come before the locks do.
    vpcs.lock_all([vpc.id, *_peers(vpc_id, PeeringState.PENDING_ACCEPTANCE, PeeringState.ACTIVE)])
    vpc = vpcs.get(vpc_id)
    check_version(vpc, expected)
    if {**published.vpc_facts(vpc), "cidr_blocks": [*vpc.cidr_blocks, block]} != asked:
        ask_again(published.VPC, vpc.id, UPDATE)
    own = ranges_of(vpc)
    others = [parse_network(text) for text in vpcs.ranges()]
    check_new_block(network, own, others, map(parse_network, routes.destinations(vpc.id)))
    _check_peers(vpc, network)
    vpc.cidr_blocks = [*vpc.cidr_blocks, block]
    vpcs.save(vpc)
    for table in RouteTableRepository().of_vpc(vpc.id):
        add_local_route(table, network)
    published.vpc_updated(vpc)
    return vpc


def _peers(vpc_id: str, *states: PeeringState) -> list[str]:
    """The VPCs on the other side of a VPC's peerings in these states."""
    found = [each for each in PeeringRepository().of_vpc(vpc_id) if each.state in states]
    return [each.accepter_vpc_id if each.requester_vpc_id == vpc_id else each.requester_vpc_id for each in found]


def _check_peers(vpc: Vpc, network: Network) -> None:
    """Without telling one side the other's ranges. What is only asked for binds nobody: whoever accepts it is told.

    Raises CidrOverlap.
    """
    for peer in VpcRepository().of_any_tenant(_peers(vpc.id, PeeringState.ACTIVE)):
        try:
            check_no_overlap(network, ranges_of(peer))
        except CidrOverlap:
            raise CidrOverlap(f"{network} overlaps a range of a VPC that this one is peered with") from None


def disassociate_cidr_block(vpc_id: str, block_id: str, expected: EntityTags | None) -> Vpc:
    """Take a range off that was added later and that no subnet lies in; its local routes go with it.

    Raises NotFound, VersionConflict, PrimaryCidrBlock or ResourceInUse.
    """
    vpcs = VpcRepository()
    vpc = vpcs.get(vpc_id, lock=True)
    check_version(vpc, expected)
    if block_id in (vpc.cidr, vpc.ipv6_cidr):
        raise PrimaryCidrBlock(f"{block_id} is a range that the VPC was made with")
    found = next((block for block in vpc.cidr_blocks if block["id"] == block_id), None)
    if found is None:
        raise NotFound(f"the VPC has no CIDR block {block_id}")
    check_unused(parse_network(found["cidr"]), map(parse_network, SubnetRepository().ranges_of(vpc.id)))
    vpc.cidr_blocks = [block for block in vpc.cidr_blocks if block is not found]
    vpcs.save(vpc)
    RouteRepository().forget_local(vpc.id, found["cidr"])
    published.vpc_updated(vpc)
    return vpc
