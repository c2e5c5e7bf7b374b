"""Access lists and their rules."""

from __future__ import annotations

from typing import Any

from services.network.domain.errors import DuplicateRule
from services.network.models import Acl, AclRule
from services.network.repository.common import unique
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository


class AclRepository(TenantRepository[Acl]):
    """Access lists, each read with its rules in one further query."""

    model = Acl

    def scoped(self) -> Any:
        return super().scoped().prefetch_related("rules")


class AclRuleRepository(TenantRepository[AclRule]):
    """Rules of access lists."""

    model = AclRule

    def add(self, row: AclRule) -> AclRule:
        """Insert a rule. Raises DuplicateRule."""
        return unique(row, DuplicateRule(f"{row.direction} rule {row.number} exists"))

    def all_of(self, acl: Acl) -> list[AclRule]:
        """The rules of an access list, in the order in which they are judged."""
        return list(self.scoped().filter(acl_id=acl.id).order_by("direction", "number"))

    def of(self, acl: Acl, rule_id: str) -> AclRule:
        """One rule of an access list. Raises NotFound."""
        row: AclRule | None = self.scoped().filter(acl_id=acl.id, id=rule_id).first()
        if row is None:
            raise NotFound(f"the access list has no rule {rule_id}")
        return row
