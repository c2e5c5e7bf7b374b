"""Whatever the numbers of its rules have in common as text, a list is judged from the lowest number on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.network.domain.acls import MAX_RULE_NUMBER, AclAction, AclRule, evaluate, in_order
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.packets import Direction, Packet, Protocol

NUMBERS = st.lists(st.integers(1, MAX_RULE_NUMBER), min_size=2, max_size=12, unique=True)


@settings(derandomize=True, deadline=None)
@given(numbers=NUMBERS, direction=st.sampled_from(Direction))
def test_the_lowest_number_decides(numbers: list[int], direction: Direction) -> None:
    rules = [
        AclRule(
            number,
            direction,
            AclAction.DENY if number == min(numbers) else AclAction.ALLOW,
            parse_network("0.0.0.0/0"),
        )
        for number in numbers
    ]
    packet = Packet(direction, Protocol.TCP, parse_address("198.51.100.9"), port=22, source_port=50_000)

    verdict = evaluate(rules, packet)

    assert (verdict.action, verdict.rule_number) == (AclAction.DENY, min(numbers))
    assert [rule.number for rule in in_order(rules)] == sorted(numbers)


def test_both_directions_are_in_order_of_their_numbers() -> None:
    rules = [
        AclRule(number, direction, AclAction.ALLOW, parse_network("0.0.0.0/0"))
        for number in (9, 30_000, 80, 700)
        for direction in Direction
    ]

    for direction in Direction:
        assert [rule.number for rule in in_order(rules) if rule.direction is direction] == [9, 80, 700, 30_000]
