"""Security groups: a union of allows."""

from __future__ import annotations

from itertools import permutations

import pytest

from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import DuplicateRule, RuleLimit
from services.network.domain.packets import Direction, Packet, PortRange, Protocol
from services.network.domain.security_groups import MAX_RULES, GroupRule, allows, check_new_rule, check_room

IN = Direction.INGRESS
WEB = GroupRule(IN, Protocol.TCP, PortRange(443, 443), network=parse_network("0.0.0.0/0"))
SSH = GroupRule(IN, Protocol.TCP, PortRange(22, 22), network=parse_network("10.0.0.0/8"))
FROM_GROUP = GroupRule(IN, Protocol.TCP, PortRange(5432, 5432), peer_group="sg-app")


def https(peer: str = "192.0.2.7", port: int = 443, source_port: int = 50_000) -> Packet:
    return Packet(IN, Protocol.TCP, parse_address(peer), port=port, source_port=source_port)


def test_security_groups_are_a_union_of_allows() -> None:
    for groups in permutations([[WEB], [SSH], []]):
        assert allows(groups, https())
        assert allows(groups, https("10.1.2.3", port=22))
        assert not allows(groups, https(port=22))


def test_no_group_allows_nothing() -> None:
    assert not allows([], https())
    assert not allows([[]], https())


def test_a_peer_group_allows_its_members_only() -> None:
    database = https("10.0.0.9", port=5432)

    assert allows([[FROM_GROUP]], database, peer_groups={"sg-app", "sg-x"})
    assert not allows([[FROM_GROUP]], database, peer_groups={"sg-x"})
    assert not allows([[FROM_GROUP]], database)


def test_a_full_group_takes_no_further_rule() -> None:
    check_room(MAX_RULES - 1)
    with pytest.raises(RuleLimit):
        check_room(MAX_RULES)


def test_a_rule_that_says_the_same_is_refused_whatever_its_spelling() -> None:
    def rule(network: str, direction: Direction = IN) -> GroupRule:
        return GroupRule(direction, Protocol.TCP, PortRange(80, 80), network=parse_network(network))

    with pytest.raises(DuplicateRule):
        check_new_rule(rule("2001:DB8:0::/32"), [SSH, rule("2001:db8::/32")])
    check_new_rule(rule("2001:db8::/32", Direction.EGRESS), [SSH, rule("2001:db8::/32")])
