"""What the secrets process holds beside its database: the secret store and the clock, made on first use."""

from __future__ import annotations

from functools import lru_cache

from shared.clients.tenants import TenantsClient
from shared.infra.secrets import SecretStore
from shared.kernel.context import current_tenant
from shared.utils.clock import Clock, system_clock
from shared.web.django import service_settings


@lru_cache(maxsize=1)
def store() -> SecretStore:
    """The process's secret store."""
    return SecretStore.from_settings(service_settings())


@lru_cache(maxsize=1)
def clock() -> Clock:
    """The process's clock."""
    return system_clock(service_settings().clock_file)


@lru_cache(maxsize=1)
def quotas() -> TenantsClient:
    """Where the tenant's number of secrets is counted."""
    return TenantsClient.connect(service_settings(), clock())


def vault_path(path: str, tenant_id: str | None = None) -> str:
    """Where a secret of the tenant is in Vault."""
    return f"tenants/{tenant_id or current_tenant()}/kv/{path}"


def lease_path(tenant_id: str, lease_id: str) -> str:
    """Where the credentials of a lease are in Vault."""
    return f"tenants/{tenant_id}/leases/{lease_id}"


def vault_key(name: str) -> str:
    """The name of a tenant's key in Vault's transit engine."""
    return f"{current_tenant()}.{name}"
