"""Where what belongs to a tenant is in Vault."""

from __future__ import annotations

from shared.kernel.context import current_tenant


def vault_path(path: str) -> str:
    """Where a secret of the tenant is."""
    return f"tenants/{current_tenant()}/kv/{path}"


def lease_path(tenant_id: str, lease_id: str) -> str:
    """Where the credentials of a lease are."""
    return f"tenants/{tenant_id}/leases/{lease_id}"


def vault_key(name: str) -> str:
    """The name of a tenant's key in the transit engine."""
    return f"{current_tenant()}.{name}"
