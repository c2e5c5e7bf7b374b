"""Access lists: by number, and the first match decides."""

from __future__ import annotations

from itertools import permutations

import pytest

from services.network.domain.acls import AclAction, AclRule, check_new_rule, evaluate, in_order
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import DuplicateRule, InvalidRule, RuleLimit
from services.network.domain.packets import Direction, Packet, PortRange, Protocol

IN, OUT = Direction.INGRESS, Direction.EGRESS
ALLOW, DENY = AclAction.ALLOW, AclAction.DENY


def rule(number: int, action: AclAction, network: str = "0.0.0.0/0", **fields: object) -> AclRule:
    direction = fields.pop("direction", IN)
    return AclRule(number, direction, action, parse_network(network), **fields)  # type: ignore[arg-type]


def https(peer: str = "192.0.2.7", port: int = 443, source_port: int = 50_000) -> Packet:
    return Packet(IN, Protocol.TCP, parse_address(peer), port=port, source_port=source_port)


@pytest.mark.parametrize(
    ("numbers", "first"), [((100, 20), 20), ((20, 100, 3), 3), ((9, 10, 11), 9), ((1_000, 200), 200)]
)
def test_rules_are_taken_by_number_not_by_text_or_order(numbers: tuple[int, ...], first: int) -> None:
    for order in permutations(numbers):
        rules = [rule(number, DENY if number == first else ALLOW) for number in order]

        assert [entry.number for entry in in_order(rules)] == sorted(numbers)
        verdict = evaluate(rules, https())
        assert (verdict.action, verdict.rule_number) == (DENY, first)


def test_the_first_match_decides_even_when_a_later_rule_says_otherwise() -> None:
    rules = [rule(100, ALLOW, "192.0.2.0/24"), rule(200, DENY)]

    assert evaluate(rules, https("192.0.2.7")).rule_number == 100
    assert evaluate(rules, https("198.51.100.1")).action is DENY


def test_what_no_rule_matches_is_denied() -> None:
    verdict = evaluate([rule(100, ALLOW, "192.0.2.0/24")], https("198.51.100.1"))

    assert (verdict.action, verdict.rule_number) == (DENY, None)


@pytest.mark.parametrize("protocol", [Protocol.ALL, Protocol.ICMP])
def test_a_rule_without_ports_of_its_own_names_none(protocol: Protocol) -> None:
    with pytest.raises(InvalidRule):
        rule(100, ALLOW, protocol=protocol, ports=PortRange(8300, 8302))


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({"protocol": Protocol.TCP, "ports": PortRange(443, 443)}, True),
        ({"protocol": Protocol.TCP, "ports": PortRange(400, 443)}, True),
        ({"protocol": Protocol.TCP, "ports": PortRange(444, 500)}, False),
        ({"protocol": Protocol.UDP}, False),
        ({"protocol": Protocol.ALL}, True),
        ({"direction": OUT}, False),
        ({"network": "2001:db8::/32"}, False),
    ],
)
def test_a_rule_speaks_only_about_its_own_packets(fields: dict[str, object], matches: bool) -> None:
    assert rule(1, ALLOW, **fields).matches(https()) is matches  # type: ignore[arg-type]


def test_a_number_is_taken_once_a_direction() -> None:
    rules = [rule(100, ALLOW)]

    check_new_rule(rules, rule(100, DENY, direction=OUT))
    with pytest.raises(DuplicateRule):
        check_new_rule(rules, rule(100, DENY))


@pytest.mark.parametrize("number", [0, -1, 32_767])
def test_rule_numbers_outside_the_range_are_refused(number: int) -> None:
    with pytest.raises(InvalidRule):
        rule(number, ALLOW)


def test_a_full_direction_takes_no_further_rule_and_the_other_does() -> None:
    full = [AclRule(number, Direction.INGRESS, AclAction.ALLOW, parse_network("0.0.0.0/0")) for number in range(1, 41)]

    with pytest.raises(RuleLimit):
        check_new_rule(full, AclRule(41, Direction.INGRESS, AclAction.ALLOW, parse_network("0.0.0.0/0")))
    check_new_rule(full, AclRule(41, Direction.EGRESS, AclAction.ALLOW, parse_network("0.0.0.0/0")))
