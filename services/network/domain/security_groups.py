"""Security groups: stateful, a union of allows; what none allows is refused, the order of rules means nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from services.network.domain.cidr import Network
from services.network.domain.errors import DuplicateRule, RuleLimit
from services.network.domain.packets import (
    Direction,
    Packet,
    PortRange,
    Protocol,
    check_ports,
    ports_match,
    protocol_matches,
)

MAX_RULES = 1000
"""In one group (the highest that EC2 grants to all groups of an interface together)."""


@dataclass(frozen=True)
class GroupRule:
    """An allow. The peer is a network, or the members of another security group."""

    direction: Direction
    protocol: Protocol
    ports: PortRange = field(default_factory=PortRange)
    network: Network | None = None
    peer_group: str | None = None

    def __post_init__(self) -> None:
        check_ports(self.protocol, self.ports)

    def matches(self, packet: Packet, peer_groups: Collection[str] = ()) -> bool:
        """Whether the rule allows the packet from or to a peer that is in `peer_groups`."""
        return (
            self.direction is packet.direction
            and protocol_matches(self.protocol, packet.protocol)
            and ports_match(self.protocol, self.ports, packet)
            and self._covers_peer(packet, peer_groups)
        )

    def _covers_peer(self, packet: Packet, peer_groups: Collection[str]) -> bool:
        if self.peer_group is not None:
            return self.peer_group in peer_groups
        return self.network is not None and self.network.version == packet.peer.version and packet.peer in self.network


def check_new_rule(rule: GroupRule, present: Iterable[GroupRule]) -> None:
    """Whether a rule says something new (EC2: `InvalidPermission.Duplicate`). Raises DuplicateRule."""
    if rule in present:
        raise DuplicateRule("the group has a rule that says the same")


def check_room(rules: int) -> None:
    """Whether a group with so many rules takes another. Raises RuleLimit."""
    if rules >= MAX_RULES:
        raise RuleLimit(f"a security group has at most {MAX_RULES} rules")


def allows(groups: Iterable[Iterable[GroupRule]], packet: Packet, peer_groups: Collection[str] = ()) -> bool:
    """Whether any rule of any group allows the first packet of a connection; its answers pass without being asked."""
    return any(rule.matches(packet, peer_groups) for group in groups for rule in group)
