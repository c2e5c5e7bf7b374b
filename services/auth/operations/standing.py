"""Whether a tenant's people may log in. The tenants service owns the answer; its events keep a copy here, for when it
can't be asked, and end the log-ins of a tenant that stands still."""

from __future__ import annotations

from services.auth.domain.standing import ACTIVE, check_may_enter
from services.auth.operations.sessions import end
from services.auth.ports import Ports
from services.auth.repository import sessions, standings
from shared.errors import OmniCloudError
from shared.kernel.identity import PLATFORM_TENANT

PATIENCE_SECONDS = 1.0
"""So long the tenants service may take to answer: a log-in waits for it."""


def ensure_open(ports: Ports, tenant_id: str) -> None:
    """Raise TenantSuspended or TenantClosed unless the tenant is active; NotFound when there is no such tenant.

    The tenants service is asked, so that nobody gets a token for a suspended tenant while the event bus is away. Where
    it doesn't answer, what was heard of the tenant last counts; of one never heard of its failure is raised.
    """
    if tenant_id == PLATFORM_TENANT:
        return
    try:
        status = _ask(ports, tenant_id)
    except OmniCloudError as error:
        known = standings.status(tenant_id) if error.status >= 500 else None
        if known is None:
            raise
        status = known
    check_may_enter(status)


def heard(ports: Ports, tenant_id: str, status: str, sequence: int) -> None:
    """Note a tenant's state, unless a later one is known; the log-ins of one that isn't active end."""
    if standings.learn(tenant_id, status, sequence) and status != ACTIVE:
        end(sessions.hold_open(tenant_id=tenant_id), ports.clock.now(), "tenant")


def _ask(ports: Ports, tenant_id: str) -> str:
    """The tenant's state. Noted only of one never heard of: a log-in must not make the suspension old news that is yet
    to end the tenant's log-ins."""
    tenant = ports.tenants.tenant(tenant_id, timeout=PATIENCE_SECONDS)
    if standings.status(tenant_id) is None:
        standings.learn(tenant_id, tenant["state"], tenant["version"])
    return str(tenant["state"])
