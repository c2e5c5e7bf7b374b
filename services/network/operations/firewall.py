"""Access lists, security groups, and what they decide together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from services.network.domain.acl import AclAction, AclRule, check_new_rule
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import InvalidRule, ResourceInUse
from services.network.domain.firewall import FirewallVerdict, evaluate_connection
from services.network.domain.packets import Direction, Packet, PortRange, Protocol
from services.network.domain.security_groups import GroupRule
from services.network.models import Acl, SecurityGroup, SecurityGroupRule
from services.network.models import AclRule as AclRuleRow
from services.network.operations.telling import tell
from services.network.repository import (
    AclRepository,
    AclRuleRepository,
    SecurityGroupRepository,
    SecurityGroupRuleRepository,
    SubnetRepository,
    VpcRepository,
    dependents,
)
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

EVERYWHERE = ("0.0.0.0/0", "::/0")


def acl_rule(row: Any) -> AclRule:
    """The rule in a row. Raises InvalidRule or InvalidCidr for numbers, ports or networks that are none."""
    return AclRule(
        row.number,
        Direction(row.direction),
        AclAction(row.action),
        parse_network(row.cidr),
        Protocol(row.protocol),
        PortRange(row.port_low, row.port_high),
    )


def group_rule(row: Any) -> GroupRule:
    """The rule in a row. Raises InvalidRule unless it names exactly one of network and group."""
    if (row.cidr is None) == (row.peer_group_id is None):
        raise InvalidRule("a rule names either a network or a security group")
    return GroupRule(
        Direction(row.direction),
        Protocol(row.protocol),
        PortRange(row.port_low, row.port_high),
        parse_network(row.cidr) if row.cidr else None,
        row.peer_group_id,
    )


def default_acl() -> list[AclRule]:
    """What a subnet without an access list has: everything passes (AWS's default list)."""
    return [
        AclRule(100 + place, direction, AclAction.ALLOW, parse_network(cidr))
        for direction in Direction
        for place, cidr in enumerate(EVERYWHERE)
    ]


def create_acl(vpc_id: str, name: str) -> Acl:
    """An access list without rules: it denies everything. Raises NotFound."""
    vpc = VpcRepository().get(vpc_id, lock=True)
    acl = AclRepository().add(Acl(id=new_id("acl"), tenant_id=current_tenant(), vpc=vpc, name=name))
    tell("network.acl.created", acl, "vpc_id", "name", rules=0)
    return acl


def delete_acl(acl_id: str) -> None:
    """Remove an access list that no subnet uses. Raises NotFound or ResourceInUse."""
    acl = AclRepository().get(acl_id, lock=True)
    if dependents(acl, "subnets"):
        raise ResourceInUse("subnets use the access list", used_by=["subnets"])
    tell("network.acl.deleted", acl, "vpc_id", "name", gone=True)
    acl.delete()


def add_acl_rule(acl_id: str, fields: dict[str, Any]) -> AclRuleRow:
    """Raises NotFound, InvalidRule, InvalidCidr or DuplicateRule."""
    acl = AclRepository().get(acl_id, lock=True)
    row = AclRuleRow(id=new_id("aclr"), tenant_id=acl.tenant_id, acl=acl, **fields)
    present = list(acl.rules.all())
    check_new_rule([acl_rule(rule) for rule in present], acl_rule(row))
    AclRuleRepository().add(row)
    _acl_changed(acl, len(present) + 1)
    return row


def delete_acl_rule(acl_id: str, rule_id: str) -> None:
    """Raises NotFound."""
    acl = AclRepository().get(acl_id, lock=True)
    rule = AclRuleRepository().get(rule_id)
    rule.delete()
    _acl_changed(acl, acl.rules.count())


def _acl_changed(acl: Acl, rules: int) -> None:
    AclRepository().save(acl)
    tell("network.acl.updated", acl, "vpc_id", "name", rules=rules)


def create_security_group(vpc_id: str, name: str) -> SecurityGroup:
    """A security group without rules: it allows nothing. Raises NotFound."""
    vpc = VpcRepository().get(vpc_id, lock=True)
    group = SecurityGroupRepository().add(
        SecurityGroup(id=new_id("secg"), tenant_id=current_tenant(), vpc=vpc, name=name)
    )
    tell("network.security_group.created", group, "vpc_id", "name", rules=0)
    return group


def delete_security_group(group_id: str) -> None:
    """Remove a group that no other group's rule names. Raises NotFound or ResourceInUse."""
    group = SecurityGroupRepository().get(group_id, lock=True)
    if group.referring.exclude(group_id=group_id).exists():
        raise ResourceInUse("rules of other groups name the group", used_by=["rules"])
    tell("network.security_group.deleted", group, "vpc_id", "name", gone=True)
    group.delete()


def add_group_rule(group_id: str, fields: dict[str, Any]) -> SecurityGroupRule:
    """Raises NotFound (for the peer group too), InvalidRule or InvalidCidr."""
    groups = SecurityGroupRepository()
    group = groups.get(group_id, lock=True)
    if fields.get("peer_group_id"):
        groups.get(fields["peer_group_id"])
    row = SecurityGroupRule(id=new_id("sgr"), tenant_id=group.tenant_id, group=group, **fields)
    group_rule(row)
    SecurityGroupRuleRepository().add(row)
    _group_changed(group)
    return row


def delete_group_rule(group_id: str, rule_id: str) -> None:
    """Raises NotFound."""
    group = SecurityGroupRepository().get(group_id, lock=True)
    SecurityGroupRuleRepository().get(rule_id).delete()
    _group_changed(group)


def _group_changed(group: SecurityGroup) -> None:
    SecurityGroupRepository().save(group)
    rules = SecurityGroupRuleRepository().scoped().filter(group_id=group.id).count()
    tell("network.security_group.updated", group, "vpc_id", "name", rules=rules)


def evaluate(
    subnet_id: str, group_ids: Iterable[str], packet: Packet, peer_group_ids: Sequence[str] = ()
) -> FirewallVerdict:
    """What happens to a connection at an interface of the subnet that is in the groups. Raises NotFound."""
    subnet = SubnetRepository().get(subnet_id)
    acl = [acl_rule(row) for row in AclRepository().get(subnet.acl_id).rules.all()] if subnet.acl_id else default_acl()
    groups = [[group_rule(row) for row in group.rules.all()] for group in SecurityGroupRepository().many(group_ids)]
    return evaluate_connection(acl, groups, packet, peer_group_ids)


def packet_from(fields: dict[str, Any]) -> Packet:
    """The packet that a caller describes. Raises InvalidAddress."""
    return Packet(
        Direction(fields["direction"]),
        Protocol(fields["protocol"]),
        parse_address(fields["peer"]),
        port=fields["port"],
        source_port=fields["source_port"],
    )
