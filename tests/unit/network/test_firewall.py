"""The way of a connection through an access list and security groups."""

from __future__ import annotations

from services.network.domain.acls import AclAction, AclRule
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.firewall import FirewallVerdict, evaluate_connection
from services.network.domain.packets import Direction, Packet, PortRange, Protocol
from services.network.domain.security_groups import GroupRule

ANY = parse_network("0.0.0.0/0")
WEB = GroupRule(Direction.INGRESS, Protocol.TCP, PortRange(443, 443), network=ANY)
SSH = GroupRule(Direction.INGRESS, Protocol.TCP, PortRange(22, 22), network=parse_network("10.0.0.0/8"))
HTTPS = Packet(Direction.INGRESS, Protocol.TCP, parse_address("192.0.2.7"), port=443, source_port=50_000)


def rule(number: int, action: AclAction, direction: Direction, *ports: int) -> AclRule:
    return AclRule(number, direction, action, ANY, Protocol.TCP, PortRange(*ports))


def test_a_connection_needs_the_list_both_ways_and_the_groups_once() -> None:
    inbound = rule(100, AclAction.ALLOW, Direction.INGRESS, 443, 443)
    ephemeral = rule(100, AclAction.ALLOW, Direction.EGRESS, 1_024, 65_535)
    refusal = rule(50, AclAction.DENY, Direction.INGRESS)

    assert evaluate_connection([inbound, ephemeral], [[WEB]], HTTPS) == FirewallVerdict(True, "acl", 100)
    assert evaluate_connection([inbound], [[WEB]], HTTPS) == FirewallVerdict(False, "acl_reply", None)
    assert evaluate_connection([inbound, ephemeral], [[SSH]], HTTPS) == FirewallVerdict(False, "security_groups")
    assert evaluate_connection([refusal, inbound, ephemeral], [[WEB]], HTTPS) == FirewallVerdict(False, "acl", 50)
