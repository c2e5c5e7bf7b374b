"""Access lists and their rules."""

from __future__ import annotations

from typing import Any

from services.network import published
from services.network.domain.acls import AclAction, AclRule, check_new_rule
from services.network.domain.cidr import parse_network
from services.network.domain.errors import ResourceInUse
from services.network.domain.packets import Direction, PortRange, Protocol
from services.network.models import Acl
from services.network.models import AclRule as AclRuleRow
from services.network.repository import AclRepository, AclRuleRepository, VpcRepository, dependents
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def rule_of(row: AclRuleRow) -> AclRule:
    """The rule in a row. Raises InvalidRule or InvalidCidr for numbers, ports or networks that are none."""
    return AclRule(
        row.number,
        Direction(row.direction),
        AclAction(row.action),
        parse_network(row.cidr),
        Protocol(row.protocol),
        PortRange(row.port_low, row.port_high),
    )


def create_acl(vpc_id: str, name: str) -> Acl:
    """An access list without rules: it denies everything. Raises NotFound."""
    vpc = VpcRepository().get(vpc_id, lock=True)
    acl = AclRepository().add(Acl(id=new_id("acl"), tenant_id=current_tenant(), vpc=vpc, name=name))
    published.acl_created(acl)
    return acl


def delete_acl(acl_id: str, expected: EntityTags | None = None) -> None:
    """Remove an access list that no subnet uses. Raises NotFound, VersionConflict or ResourceInUse."""
    acl = AclRepository().get(acl_id, lock=True)
    check_version(acl, expected)
    if dependents(acl, "subnets"):
        raise ResourceInUse("subnets use the access list", used_by=["subnets"])
    published.acl_deleted(acl)
    acl.delete()


def add_rule(acl_id: str, fields: dict[str, Any], expected: EntityTags | None) -> AclRuleRow:
    """Add a rule to an access list of the expected version.

    Raises NotFound, VersionConflict, InvalidRule, InvalidCidr, RuleLimit or DuplicateRule.
    """
    acl = AclRepository().get(acl_id, lock=True)
    check_version(acl, expected)
    row = AclRuleRow(id=new_id("aclr"), tenant_id=acl.tenant_id, acl=acl, **fields)
    present = list(acl.rules.all())
    check_new_rule([rule_of(rule) for rule in present], rule_of(row))
    AclRuleRepository().add(row)
    _changed(acl)
    return row


def delete_rule(acl_id: str, rule_id: str, expected: EntityTags | None) -> None:
    """Take a rule out of an access list of the expected version. Raises NotFound or VersionConflict."""
    acl, rules = AclRepository().get(acl_id, lock=True), AclRuleRepository()
    check_version(acl, expected)
    rules.of(acl, rule_id).delete()
    _changed(acl)


def _changed(acl: Acl) -> None:
    AclRepository().save(acl)
    published.acl_updated(acl, AclRuleRepository().all_of(acl))
