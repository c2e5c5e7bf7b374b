"""Whether a tenant's people may log in. The tenants service owns the answer; its events keep the copy here fresh."""

from __future__ import annotations

from services.auth.domain.standing import ACTIVE, check_may_enter
from services.auth.repository import standings
from shared.clients.tenants import TenantsClient

PLATFORM_TENANT = "platform"
"""The operators' own tenant. It is no customer: nobody suspends or closes it."""


def ensure_open(tenant_id: str) -> None:
    """Raise TenantSuspended or TenantClosed unless the tenant is active; NotFound when there is no such tenant.

    A tenant never heard of is asked for once; after that its events tell.
    """
    status = ACTIVE if tenant_id == PLATFORM_TENANT else standings.status(tenant_id)
    check_may_enter(status or _ask(tenant_id))


def _ask(tenant_id: str) -> str:
    tenant = TenantsClient().tenant(tenant_id)
    standings.learn(tenant_id, tenant["state"], tenant["version"])
    return str(tenant["state"])
