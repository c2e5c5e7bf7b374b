"""What firewalls look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.network.domain.cidr import Address
from services.network.domain.errors import InvalidRule


class Direction(StrEnum):
    """Seen from the protected side."""

    INGRESS = "ingress"
    EGRESS = "egress"


class Protocol(StrEnum):
    """Protocols that rules name; `all` matches any."""

    ALL = "all"
    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"


MAX_PORT = 65_535


@dataclass(frozen=True)
class PortRange:
    """Ports from `low` to `high`, both included. Raises InvalidRule for an empty range or a number that is no port."""

    low: int = 0
    high: int = MAX_PORT

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= MAX_PORT:
            raise InvalidRule(f"ports {self.low}-{self.high} are not a range within 0-{MAX_PORT}")

    def __contains__(self, port: int) -> bool:
        return self.low <= port <= self.high


@dataclass(frozen=True)
class Packet:
    """One packet as the protected side sees it: `peer` is the other end, `port` the destination's port."""

    direction: Direction
    protocol: Protocol
    peer: Address
    port: int = 0
    source_port: int = 0

    def reply(self) -> Packet:
        """The answer to this packet: other direction, ports swapped."""
        back = Direction.EGRESS if self.direction is Direction.INGRESS else Direction.INGRESS
        return Packet(back, self.protocol, self.peer, port=self.source_port, source_port=self.port)


def check_ports(protocol: Protocol, ports: PortRange) -> None:
    """Refuse a rule that speaks of ports where there are none: it would match every one. Raises InvalidRule."""
    if protocol not in (Protocol.TCP, Protocol.UDP) and ports != PortRange():
        raise InvalidRule(f"only TCP and UDP have ports, a rule for {protocol} names none")


def protocol_matches(rule: Protocol, packet: Protocol) -> bool:
    """Whether a rule's protocol covers a packet's."""
    return rule in (Protocol.ALL, packet)


def ports_match(rule: Protocol, ports: PortRange, packet: Packet) -> bool:
    """Whether a rule's ports cover a packet's; only TCP and UDP have ports."""
    return rule not in (Protocol.TCP, Protocol.UDP) or packet.port in ports
