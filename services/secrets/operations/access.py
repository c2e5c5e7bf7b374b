"""May the caller do this with the path? Roles were checked before; here the tenant's path policies are."""

from __future__ import annotations

from services.secrets.domain.paths import permitted
from services.secrets.domain.versions import PathForbidden
from services.secrets.repository import policies
from shared.kernel.context import current
from shared.kernel.identity import Identity


def ensure_path(path: str, capability: str) -> None:
    """Raise PathForbidden when a path policy keeps the caller, or the one it acts for, out."""
    caller = current().caller
    if _is_above_policies(caller):
        return
    if not permitted(policies.rules(), path, caller.responsible, capability):
        raise PathForbidden(f"a path policy doesn't let you {capability} this secret", capability=capability)


def _is_above_policies(caller: Identity) -> bool:
    """Those who may change the policies anyway, and a service that acts for nobody."""
    if caller.kind == "operator":
        return True
    if caller.kind == "service":
        return caller.actor is None
    return any(grant.role == "tenant-admin" and grant.scope == "tenant" for grant in caller.grants)
