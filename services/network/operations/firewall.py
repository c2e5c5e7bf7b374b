"""What access lists and security groups decide together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from services.network.domain.acls import default_rules
from services.network.domain.cidr import parse_address
from services.network.domain.errors import AnotherVpc
from services.network.domain.firewall import FirewallVerdict, evaluate_connection
from services.network.domain.packets import Direction, Packet, Protocol
from services.network.operations import acls, security_groups
from services.network.repository import AclRepository, SecurityGroupRepository, SubnetRepository


def evaluate(
    subnet_id: str, group_ids: Iterable[str], packet: Packet, peer_group_ids: Sequence[str] = ()
) -> FirewallVerdict:
    """What happens to a connection at an interface of the subnet that is in the groups.

    Raises NotFound, or AnotherVpc for a group that no interface of the subnet can be in.
    """
    subnet = SubnetRepository().get(subnet_id)
    members = SecurityGroupRepository().many(group_ids)
    for group in members:
        if group.vpc_id != subnet.vpc_id:
            raise AnotherVpc(f"{group.id} belongs to another VPC", vpc_id=group.vpc_id)
    rules = (
        [acls.rule_of(row) for row in AclRepository().get(subnet.acl_id).rules.all()]
        if subnet.acl_id
        else default_rules()
    )
    groups = [[security_groups.rule_of(row) for row in group.rules.all()] for group in members]
    return evaluate_connection(rules, groups, packet, peer_group_ids)


def packet_from(fields: dict[str, Any]) -> Packet:
    """The packet that a caller describes. Raises InvalidAddress."""
    return Packet(
        Direction(fields["direction"]),
        Protocol(fields["protocol"]),
        parse_address(fields["peer"]),
        port=fields["port"],
        source_port=fields["source_port"],
    )
