"""The ranges of a VPC: which may be associated with it and taken off again (EC2: CIDR block associations)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.network.domain.cidr import Network, check_no_overlap, contains, overlaps
from services.network.domain.errors import CidrBlockLimit, CidrOverlap, ResourceInUse
from services.network.domain.subnets import check_vpc

MAX_CIDR_BLOCKS = 5
"""Of each address family in one VPC, the first one included (EC2's quota)."""


def check_new_block(
    network: Network, own: Sequence[Network], others: Iterable[Network], destinations: Iterable[Network]
) -> None:
    """Whether a range may be added to a VPC that has `own` ranges, beside the tenant's and its peers' `others`.

    It may hold no destination of a route that the VPC has: the route would be more specific than the local one.
    Raises InvalidCidr, PrefixLengthRefused, CidrOverlap or CidrBlockLimit.
    """
    check_vpc(network)
    if sum(each.version == network.version for each in own) >= MAX_CIDR_BLOCKS:
        raise CidrBlockLimit(f"a VPC has at most {MAX_CIDR_BLOCKS} IPv{network.version} ranges")
    check_no_overlap(network, [*own, *others])
    for destination in destinations:
        if contains(network, destination):
            raise CidrOverlap(f"the VPC has a route to {destination}", overlaps_with=str(destination))


def check_unused(network: Network, subnets: Iterable[Network]) -> None:
    """Whether a range may be taken off a VPC with these subnets. Raises ResourceInUse."""
    if any(overlaps(network, subnet) for subnet in subnets):
        raise ResourceInUse(f"the VPC has subnets in {network}", used_by=["subnets"])
