"""May the caller do this with the path? Roles were checked before; here the tenant's path policies are."""

from __future__ import annotations

from collections.abc import Callable

from services.secrets.domain.paths import permitted
from services.secrets.domain.versions import PathForbidden
from services.secrets.repository import policies
from shared.kernel.context import current
from shared.kernel.identity import Identity

SERVICE = "service:"
"""What the subjects of services begin with."""


def ensure_path(path: str, capability: str) -> None:
    """Raise PathForbidden when a path policy keeps the caller, or the one it acts for, out."""
    caller = current().caller
    if is_above_policies(caller):
        return
    if not permitted(policies.rules(), path, caller.responsible, capability):
        raise PathForbidden(f"a path policy doesn't let you {capability} this secret", capability=capability)


def visible_to(caller: Identity) -> Callable[[str], bool]:
    """What tells whether a path may be listed by the caller."""
    if is_above_policies(caller):
        return lambda path: True
    rules = policies.rules()
    return lambda path: permitted(rules, path, caller.responsible, "list")


def is_above_policies(caller: Identity) -> bool:
    """Those who may change the policies anyway, directly or over a service, and a service that acts for nobody."""
    kind = caller.actor_kind if caller.kind == "service" else caller.kind
    if kind is None:
        return caller.responsible.startswith(SERVICE)
    if kind == "operator":
        return True
    return any(grant.role == "tenant-admin" and grant.scope == "tenant" for grant in caller.grants)
