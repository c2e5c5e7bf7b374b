"""Network access lists: stateless, in ascending rule number, the first match decides (AWS network ACLs)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from services.network.domain.cidr import Network, parse_network
from services.network.domain.errors import DuplicateRule, InvalidRule, RuleLimit
from services.network.domain.packets import (
    Direction,
    Packet,
    PortRange,
    Protocol,
    check_ports,
    ports_match,
    protocol_matches,
)

MAX_RULE_NUMBER = 32_766
"""AWS's highest; the number after it stands for the closing deny."""
MAX_RULES = 40
"""In each direction of a list (the highest that EC2 grants): a packet is judged by one rule after the other."""
EVERYWHERE = ("0.0.0.0/0", "::/0")


class AclAction(StrEnum):
    """What a rule does."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True)
class AclRule:
    """One numbered rule of one direction."""

    number: int
    direction: Direction
    action: AclAction
    network: Network
    protocol: Protocol = Protocol.ALL
    ports: PortRange = field(default_factory=PortRange)

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MAX_RULE_NUMBER:
            raise InvalidRule(f"a rule number is 1 to {MAX_RULE_NUMBER}, not {self.number}")
        check_ports(self.protocol, self.ports)

    def matches(self, packet: Packet) -> bool:
        """Whether the rule speaks about the packet."""
        return (
            self.direction is packet.direction
            and protocol_matches(self.protocol, packet.protocol)
            and self.network.version == packet.peer.version
            and packet.peer in self.network
            and ports_match(self.protocol, self.ports, packet)
        )


def default_rules() -> list[AclRule]:
    """What a subnet without an access list has: everything passes (AWS's default list)."""
    return [
        AclRule(100 + place, direction, AclAction.ALLOW, parse_network(cidr))
        for direction in Direction
        for place, cidr in enumerate(EVERYWHERE)
    ]


@dataclass(frozen=True)
class AclVerdict:
    """What the list decides and by which rule; None is the closing deny."""

    action: AclAction
    rule_number: int | None


def in_order(rules: Iterable[AclRule]) -> list[AclRule]:
    """Rules as they are evaluated: ascending by number."""
    return sorted(rules, key=lambda rule: rule.number)


def evaluate(rules: Iterable[AclRule], packet: Packet) -> AclVerdict:
    """The verdict of the first matching rule; a packet that none matches is denied."""
    for rule in in_order(rules):
        if rule.matches(packet):
            return AclVerdict(rule.action, rule.number)
    return AclVerdict(AclAction.DENY, None)


def check_new_rule(rules: Iterable[AclRule], new: AclRule) -> None:
    """Raise DuplicateRule when the direction has a rule of that number, RuleLimit when it has as many as it may."""
    numbers = {rule.number for rule in rules if rule.direction is new.direction}
    if new.number in numbers:
        raise DuplicateRule(f"{new.direction} rule {new.number} exists")
    if len(numbers) >= MAX_RULES:
        raise RuleLimit(f"an access list has at most {MAX_RULES} {new.direction} rules")
