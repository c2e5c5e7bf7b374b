"""Whether a tenant's people may log in. The tenants service owns the answer; its events keep the copy here fresh."""

from __future__ import annotations

from services.auth.domain.standing import ACTIVE, check_may_enter
from services.auth.operations.sessions import end
from services.auth.ports import Ports
from services.auth.repository import sessions, standings
from shared.kernel.identity import PLATFORM_TENANT


def ensure_open(ports: Ports, tenant_id: str) -> None:
    """Raise TenantSuspended or TenantClosed unless the tenant is active; NotFound when there is no such tenant.

    A tenant never heard of is asked for once; after that its events tell.
    """
    status = ACTIVE if tenant_id == PLATFORM_TENANT else standings.status(tenant_id)
    check_may_enter(status or _ask(ports, tenant_id))


def heard(ports: Ports, tenant_id: str, status: str, sequence: int) -> None:
    """Note a tenant's state, unless a later one is known; the log-ins of one that isn't active end."""
    if standings.learn(tenant_id, status, sequence) and status != ACTIVE:
        end(sessions.hold_open(tenant_id=tenant_id), ports.clock.now(), "tenant")


def _ask(ports: Ports, tenant_id: str) -> str:
    tenant = ports.tenants.tenant(tenant_id)
    standings.learn(tenant_id, tenant["state"], tenant["version"])
    return str(tenant["state"])
