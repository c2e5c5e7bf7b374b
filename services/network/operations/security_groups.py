"""Security groups and their rules."""

from __future__ import annotations

from typing import Any

from services.network import published
from services.network.domain.cidr import parse_network
from services.network.domain.errors import AnotherVpc, InvalidRule, ResourceInUse
from services.network.domain.packets import Direction, PortRange, Protocol
from services.network.domain.security_groups import GroupRule, check_new_rule, check_room
from services.network.models import SecurityGroup, SecurityGroupRule
from services.network.operations.peerings import is_reachable
from services.network.repository import SecurityGroupRepository, SecurityGroupRuleRepository, VpcRepository
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def rule_of(row: SecurityGroupRule) -> GroupRule:
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


def create_security_group(vpc_id: str, name: str) -> SecurityGroup:
    """A security group without rules: it allows nothing. Raises NotFound."""
    vpc = VpcRepository().get(vpc_id, lock=True)
    group = SecurityGroupRepository().add(
        SecurityGroup(id=new_id("secg"), tenant_id=current_tenant(), vpc=vpc, name=name)
    )
    published.security_group_created(group)
    return group


def delete_security_group(group_id: str, expected: EntityTags | None = None) -> None:
    """Remove a group that no other group's rule names. Raises NotFound, VersionConflict or ResourceInUse."""
    groups = SecurityGroupRepository()
    group = groups.get(group_id, lock=True)
    check_version(group, expected)
    if groups.is_named_elsewhere(group):
        raise ResourceInUse("rules of other groups name the group", used_by=["rules"])
    published.security_group_deleted(group)
    group.rules.all().delete()  # its own rules may name it, which would protect it
    group.delete()


def add_rule(group_id: str, fields: dict[str, Any], expected: EntityTags | None) -> SecurityGroupRule:
    """Add a rule to a security group of the expected version.

    Raises NotFound (for the peer group too), VersionConflict, AnotherVpc, RuleLimit, InvalidRule, InvalidCidr, or
    DuplicateRule for one that says what another says.
    """
    groups, peer_id = SecurityGroupRepository(), fields.get("peer_group_id")
    groups.lock({group_id, *([peer_id] if peer_id else [])})  # the peer, too, so that it isn't deleted meanwhile
    group = groups.get(group_id)
    check_version(group, expected)
    if peer_id:
        _check_peer(group, groups.get(peer_id))
    present = [rule_of(each) for each in group.rules.all()]
    check_room(len(present))
    row = SecurityGroupRule(id=new_id("sgr"), tenant_id=group.tenant_id, group=group, **fields)
    check_new_rule(rule_of(row), present)
    SecurityGroupRuleRepository().add(row)
    _changed(group)
    return row


def delete_rule(group_id: str, rule_id: str, expected: EntityTags | None) -> None:
    """Take a rule out of a security group of the expected version. Raises NotFound or VersionConflict."""
    group = SecurityGroupRepository().get(group_id, lock=True)
    check_version(group, expected)
    SecurityGroupRuleRepository().of(group, rule_id).delete()
    _changed(group)


def _check_peer(group: SecurityGroup, peer: SecurityGroup) -> None:
    """The members of a peer group must be within reach: in the same VPC, or in one that is peered with it."""
    if peer.vpc_id != group.vpc_id and not is_reachable(group.vpc_id, peer.vpc_id):
        raise AnotherVpc(f"{peer.id} belongs to another VPC, which isn't peered with the group's", vpc_id=peer.vpc_id)


def _changed(group: SecurityGroup) -> None:
    SecurityGroupRepository().save(group)
    published.security_group_updated(group, SecurityGroupRuleRepository().all_of(group))
