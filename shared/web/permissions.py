"""What a role may do. A permission is `<service>:<read|write>`; `internal` is for the platform's own services."""

from __future__ import annotations

from collections.abc import Mapping

from shared import services
from shared.errors import Forbidden
from shared.kernel.identity import Identity

INTERNAL = "internal"
PLATFORM = "platform"
PROJECT = "project:"
"""How a grant's scope begins that is one project."""

_READ_ALL = frozenset(f"{name}:read" for name in services.ROUTED)
_WRITE_ALL = frozenset(f"{name}:write" for name in services.ROUTED)
_WRITE_RESOURCES = frozenset(f"{service.name}:write" for service in services.ALL if service.members_write)

ROLES: Mapping[str, frozenset[str]] = {
    "tenant-admin": _READ_ALL | _WRITE_ALL,
    "member": _READ_ALL | _WRITE_RESOURCES,
    "viewer": _READ_ALL - {"secrets:read"},
    "billing-admin": frozenset({"billing:read", "billing:write", "tenants:read"}),
    "auditor": frozenset({"audit:read", "compliance:read", "tenants:read"}),
}


def allowed(identity: Identity, permission: str, project: str | None = None) -> bool:
    """Whether the caller holds the permission, in the whole tenant or in the given project.

    Operators hold every permission; services hold every permission too, because each acts on checked requests;
    `platform` is the operators' alone and `internal` theirs and the services'.
    """
    if identity.kind == "operator":
        return True
    if identity.kind == "service":
        return permission != PLATFORM
    scopes = {"tenant"} if project is None else {"tenant", f"project:{project}"}
    return any(permission in ROLES.get(grant.role, ()) and grant.scope in scopes for grant in identity.grants)


def ensure_allowed(identity: Identity, permission: str, project: str | None = None) -> None:
    """Raise Forbidden, naming the permission, unless the caller holds it."""
    if not allowed(identity, permission, project):
        raise Forbidden(f"this needs the permission {permission}", permission=permission)


def ensure_allowed_somewhere(identity: Identity, permission: str) -> None:
    """Raise Forbidden unless the caller holds the permission in the tenant or in any project of it.

    For end points that find out themselves which project their resource belongs to, and then ask for that one.
    """
    if not allowed(identity, permission) and not projects_with(identity, permission):
        raise Forbidden(f"this needs the permission {permission}", permission=permission)


def projects_with(identity: Identity, permission: str) -> frozenset[str]:
    """The projects for which the caller was given a role with the permission."""
    return frozenset(
        grant.scope.removeprefix(PROJECT)
        for grant in identity.grants
        if grant.scope.startswith(PROJECT) and permission in ROLES.get(grant.role, ())
    )
