"""What happens to a tenant's secrets when the tenant doesn't go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.secrets.operations import keys, lease_tokens, path_policies, secrets
from services.secrets.ports import Ports
from services.secrets.repository import closed_tenants
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

log = logger("services.secrets")

LAST_REQUESTS = timedelta(seconds=30)
"""How long after a tenant was closed a request of its, which began before, may still leave something behind."""


def suspend(ports: Ports) -> None:
    """A suspended tenant's dynamic secrets stop working."""
    lease_tokens.revoke_all(ports)


def close(ports: Ports) -> None:
    """Nothing of a tenant that is gone stays behind; what comes at this moment is looked for again later."""
    closed_tenants.note(ports.clock.now())
    _remove_everything(ports)


def remove_late(ports: Ports) -> None:
    """Remove what requests that were under way when their tenants were closed have left.

    Each tenant's trouble is its own, and is tried again.
    """
    latest = ports.clock.now() - LAST_REQUESTS
    for tenant_id in ports.transactions.run(lambda _connection: closed_tenants.before(latest)):
        work = Work("remove what a closed tenant left")
        with service_context(ports.settings.service_name, tenant_id, ports.clock, work=work):
            try:
                ports.transactions.run(lambda _connection: _remove_at_last(ports))
            except Exception:
                log.exception("what a closed tenant left stays for now", tenant=tenant_id)


def _remove_at_last(ports: Ports) -> Any:
    _remove_everything(ports)
    closed_tenants.forget()


def _remove_everything(ports: Ports) -> None:
    lease_tokens.revoke_all(ports)
    lease_tokens.forget_all(ports)
    secrets.delete_all(ports)
    keys.delete_all(ports)
    path_policies.delete_all()
