"""Roles and the scope they hold in: the whole tenant, or one project.

Who grants never gives more than what is theirs: an administrator of a project grants within that project only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shared.errors import Conflict, Forbidden, ValidationFailed

TENANT_ADMIN = "tenant-admin"
ROLES = frozenset({TENANT_ADMIN, "member", "viewer", "billing-admin", "auditor"})
TENANT_ONLY_ROLES = frozenset({"billing-admin", "auditor"})
"""Invoices and the audit trail belong to the tenant as a whole; a project has none of its own."""

_PROJECT = re.compile(r"project:([A-Za-z0-9_-]{1,64})")


class UnknownRole(ValidationFailed):
    """No such role, or one that can't be granted."""

    code = "unknown_role"


class InvalidScope(ValidationFailed):
    """A scope that is neither `tenant` nor `project:<id>`, or that the role can't have."""

    code = "invalid_scope"


class GrantTooWide(Forbidden):
    """The granting person doesn't administer the scope."""

    code = "grant_too_wide"


class LastAdministrator(Conflict):
    """Nobody would be left to administer the tenant."""

    code = "last_administrator"


@dataclass(frozen=True)
class Scope:
    """Where a role holds. No project means the whole tenant."""

    project_id: str | None = None

    @classmethod
    def parse(cls, text: str) -> Scope:
        """`tenant` or `project:<id>`. Raises InvalidScope."""
        if text == "tenant":
            return cls()
        match = _PROJECT.fullmatch(text)
        if match is None:
            raise InvalidScope(f"{text!r} is not a scope: write 'tenant' or 'project:<id>'")
        return cls(match[1])

    def covers(self, other: Scope) -> bool:
        """Whether everything in the other scope is in this one too."""
        return self.project_id is None or self.project_id == other.project_id

    def __str__(self) -> str:
        return "tenant" if self.project_id is None else f"project:{self.project_id}"


@dataclass(frozen=True)
class RoleGrant:
    """A role in a scope."""

    role: str
    scope: Scope

    @classmethod
    def parse(cls, role: str, scope: str) -> RoleGrant:
        """A grant from its wire form. Raises UnknownRole or InvalidScope."""
        if role not in ROLES:
            raise UnknownRole(f"{role!r} is not a role: use one of {', '.join(sorted(ROLES))}")
        parsed = Scope.parse(scope)
        if role in TENANT_ONLY_ROLES and parsed.project_id is not None:
            raise InvalidScope(f"the role {role} holds in the whole tenant; it can't be given for one project")
        return cls(role, parsed)


def check_may_grant(held: Iterable[RoleGrant], wanted: RoleGrant) -> None:
    """Raise GrantTooWide unless one of the held grants administers the wanted scope."""
    if not any(grant.role == TENANT_ADMIN and grant.scope.covers(wanted.scope) for grant in held):
        raise GrantTooWide(f"only an administrator of {wanted.scope} can grant a role there", scope=str(wanted.scope))


def check_not_last(administrators: Collection[str], leaving: str) -> None:
    """Raise LastAdministrator when the account that leaves is the only one that administers the tenant."""
    if set(administrators) == {leaving}:
        raise LastAdministrator("make somebody else an administrator of the tenant first")
