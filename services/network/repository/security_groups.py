"""Security groups and their rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from services.network.models import SecurityGroup, SecurityGroupRule
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository


class SecurityGroupRepository(TenantRepository[SecurityGroup]):
    """Security groups, read with their rules."""

    model = SecurityGroup

    def scoped(self) -> Any:
        return super().scoped().prefetch_related("rules")

    def lock(self, ids: Collection[str]) -> None:
        """Hold groups of the tenant until the transaction ends, in the order of their ids."""
        list(super().scoped().select_for_update().filter(id__in=ids).order_by("id").values_list("id"))

    def many(self, ids: Iterable[str]) -> list[SecurityGroup]:
        """Groups by their ids. Raises NotFound for the first that isn't there."""
        wanted = list(dict.fromkeys(ids))
        found = {group.id: group for group in self.scoped().filter(id__in=wanted)}
        missing = [id for id in wanted if id not in found]
        if missing:
            raise NotFound(f"there is no {self.noun} {missing[0]}")
        return [found[id] for id in wanted]

    def is_named_elsewhere(self, group: SecurityGroup) -> bool:
        """Whether a rule of another group names the group."""
        return bool(group.referring.exclude(group_id=group.id).exists())


class SecurityGroupRuleRepository(TenantRepository[SecurityGroupRule]):
    """Rules of security groups."""

    model = SecurityGroupRule

    def all_of(self, group: SecurityGroup) -> list[SecurityGroupRule]:
        """The rules of a security group, in the order in which they were added."""
        return list(self.scoped().filter(group_id=group.id).order_by("id"))

    def of(self, group: SecurityGroup, rule_id: str) -> SecurityGroupRule:
        """One rule of a security group. Raises NotFound."""
        row: SecurityGroupRule | None = self.scoped().filter(group_id=group.id, id=rule_id).first()
        if row is None:
            raise NotFound(f"the security group has no rule {rule_id}")
        return row
