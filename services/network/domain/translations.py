"""Network address and port translation of outgoing connections (RFC 3022), as EC2's NAT gateways do it.

Mapping and filtering depend on address and port of the other side (RFC 4787 calls that "symmetric"): one port of the
gateway stands for as many connections as there are other sides, and whoever wasn't spoken to gets no answer in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.network.domain.cidr import Address, Network
from services.network.domain.errors import NatPortsExhausted, NotTranslated
from services.network.domain.packets import Protocol

FIRST_PORT, LAST_PORT = 1024, 65_535
"""What a gateway hands out (EC2): 64,512 ports for each other side, which is an address, a port and a protocol."""

IDLE_TIMEOUTS = {
    Protocol.TCP: timedelta(seconds=350),
    Protocol.UDP: timedelta(seconds=350),
    Protocol.ICMP: timedelta(seconds=60),
}
"""After so long without a packet a connection is forgotten: EC2's 350 seconds, for ICMP RFC 5508's (REQ-1) 60."""

LONGEST_IDLE = max(IDLE_TIMEOUTS.values())


@dataclass(frozen=True)
class Flow:
    """A connection as its source sees it. ICMP has its query's identifier for a source port, and no other."""

    protocol: Protocol
    source: Address
    source_port: int
    destination: Address
    destination_port: int


def check_flow(flow: Flow, ranges: Iterable[Network]) -> None:
    """Whether a gateway of a VPC with these ranges translates a flow: IPv4, from the VPC to outside of it.

    Raises NotTranslated.
    """
    if flow.source.version != 4 or flow.destination.version != 4:
        raise NotTranslated("a NAT gateway translates IPv4")
    if flow.protocol not in IDLE_TIMEOUTS:
        raise NotTranslated(f"a connection has a protocol: {', '.join(IDLE_TIMEOUTS)}")
    known = list(ranges)
    if not any(flow.source in network for network in known):
        raise NotTranslated(f"{flow.source} is no address of the VPC")
    if any(flow.destination in network for network in known):
        raise NotTranslated(f"{flow.destination} lies in the VPC, where nothing is translated")
    if flow.destination.is_multicast or flow.destination.is_unspecified or flow.destination.is_loopback:
        raise NotTranslated(f"{flow.destination} is no address of one machine elsewhere")


def idle_at(protocol: Protocol, now: datetime) -> datetime:
    """When a connection that had a packet now is forgotten, if that was its last."""
    return now + IDLE_TIMEOUTS[protocol]


def furthest_end(now: datetime) -> datetime:
    """No connection ends later; what says so is of a clock that was set back.

    Twice the longest idle time: clocks of several instances differ, and what is kept while a sweep runs ends later than
    the sweep's own present allows.
    """
    return now + 2 * LONGEST_IDLE


def choose_port(source_port: int, first_free: Callable[[int], int]) -> int:
    """The port that stands for a source: its own where that is free, else the next free one, around the end.

    `first_free(port)` is the lowest port from there on that no connection to the same other side has; it may lie beyond
    the last. Raises NatPortsExhausted when all are in use (EC2 counts that as ErrorPortAllocation).
    """
    for start in (max(source_port, FIRST_PORT), FIRST_PORT):
        port = first_free(start)
        if port <= LAST_PORT:
            return port
    raise NatPortsExhausted("all ports of the gateway are in use for that destination")
