"""What users and service accounts have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.auth.models import Account
from services.auth.operations import sessions as session_operations
from services.auth.operations import standing
from services.auth.operations.grants import ensure_another_administrator, grant_role
from services.auth.ports import Ports
from services.auth.repository import accounts, sessions
from shared.kernel.context import current_tenant

PEOPLE = ("user", "operator")
SERVICE_ACCOUNT = "service_account"


def add(ports: Ports, account: Account) -> Account:
    """Add an account to the tenant. Raises AccountExists, TenantSuspended or TenantClosed."""
    account.tenant_id = current_tenant()
    standing.ensure_open(ports, account.tenant_id)
    return accounts.add(account)


def give(ports: Ports, account: Account, roles: Iterable[Mapping[str, str]]) -> None:
    """Give an account its first roles. Raises what granting raises."""
    for entry in roles:
        grant_role(ports, account.id, entry["role"], entry["scope"])


def disable(account: Account, now: datetime) -> None:
    """No log-in any more, and the present ones are over. Raises LastAdministrator."""
    ensure_another_administrator(account.id)
    account.state = "disabled"
    accounts.save(account)
    session_operations.end(sessions.hold_open(account_id=account.id), now, "disabled")
