"""Peerings: who agrees, what passes, and that it isn't transitive."""

from __future__ import annotations

import pytest

from services.network.domain.cidr import parse_network
from services.network.domain.errors import CidrOverlap, InvalidPeering, NotPeeringParty
from services.network.domain.peerings import (
    LIFE_CYCLE,
    Peering,
    PeeringState,
    check_answer,
    check_request,
    reachable,
)


def peering(state: PeeringState, first: str = "vpc-a", second: str = "vpc-b") -> Peering:
    return Peering("t-1", first, "t-2", second, state)


@pytest.mark.parametrize(
    ("state", "connected"),
    [
        (PeeringState.PENDING_ACCEPTANCE, False),
        (PeeringState.ACTIVE, True),
        (PeeringState.REJECTED, False),
        (PeeringState.DELETED, False),
    ],
)
def test_only_an_active_peering_carries_traffic_and_both_ways(state: PeeringState, connected: bool) -> None:
    assert reachable([peering(state)], "vpc-a", "vpc-b") is connected
    assert reachable([peering(state)], "vpc-b", "vpc-a") is connected


def test_peering_is_not_transitive() -> None:
    peerings = [peering(PeeringState.ACTIVE), peering(PeeringState.ACTIVE, "vpc-b", "vpc-c")]

    assert not reachable(peerings, "vpc-a", "vpc-c")


def test_only_the_accepters_tenant_answers() -> None:
    check_answer(peering(PeeringState.PENDING_ACCEPTANCE), "t-2")
    for tenant in ("t-1", "t-3"):
        with pytest.raises(NotPeeringParty):
            check_answer(peering(PeeringState.PENDING_ACCEPTANCE), tenant)


def test_a_vpc_does_not_peer_with_itself() -> None:
    network = [parse_network("10.0.0.0/16")]

    with pytest.raises(InvalidPeering):
        check_request("vpc-a", network, "vpc-a", network)


def test_overlapping_vpcs_do_not_peer() -> None:
    ours = [parse_network("10.0.0.0/16")]

    check_request("vpc-a", ours, "vpc-b", [parse_network("10.1.0.0/16")])
    with pytest.raises(CidrOverlap):
        check_request("vpc-a", ours, "vpc-b", [parse_network("10.0.128.0/17")])


def test_a_peering_becomes_active_only_from_pending_acceptance() -> None:
    before_active = [state for state in PeeringState if LIFE_CYCLE.is_allowed(state, PeeringState.ACTIVE)]

    assert before_active == [PeeringState.PENDING_ACCEPTANCE]
