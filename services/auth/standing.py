"""Whether a tenant's people may log in. The tenants service owns the answer; its events keep the copy here fresh."""

from __future__ import annotations

from services.auth.domain.standing import ACTIVE, check_may_enter
from services.auth.repository import standings
from shared.clients.tenants import TenantsClient
from shared.utils.clock import system_clock
from shared.web.django import service_settings

PLATFORM_TENANT = "platform"
"""The operators' own tenant. It is no customer: nobody suspends or closes it."""


def ensure_open(tenant_id: str) -> None:
    """Raise TenantSuspended or TenantClosed unless the tenant is active; NotFound when there is no such tenant.

    A tenant never heard of is asked for once; after that its events tell.
    """
    status = ACTIVE if tenant_id == PLATFORM_TENANT else standings.status(tenant_id)
    check_may_enter(status or _ask(tenant_id))


def _ask(tenant_id: str) -> str:
    tenant = TenantsClient.connect(service_settings(), system_clock(service_settings().clock_file)).tenant(tenant_id)
    standings.learn(tenant_id, tenant["state"], tenant["version"])
    return str(tenant["state"])
