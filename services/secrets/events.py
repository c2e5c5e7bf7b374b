"""Events of the secrets service. None of them holds a value, nor anything a value could be told from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from services.secrets.models import EncryptionKey, Lease, LeaseToken, Policy, Secret
from shared.events import Event, publish


def secret_event(kind: str, row: Secret, **details: Any) -> None:
    """Tell that a secret was written, rotated or removed, by its path and version."""
    _publish(kind, row, {"path": row.path, "version": row.current_version, **details})


def key_event(kind: str, key: EncryptionKey) -> None:
    """Tell that a key was made or has a new version."""
    _publish(kind, key, {"name": key.name, "key_version": key.key_version})


def policy_event(kind: str, policy: Policy) -> None:
    """Tell who may do what from now on."""
    names = ("pattern", "subjects", "capabilities")
    _publish(kind, policy, {name: getattr(policy, name) for name in names})


def token_event(kind: str, token: LeaseToken) -> None:
    """Tell that a token was made or revoked."""
    _publish(kind, token, {"name": token.name, "parent_id": token.parent_id})


def lease_event(kind: str, lease: Lease) -> None:
    """Tell that a lease began, was prolonged or ended."""
    data = {"token_id": lease.token_id, "engine": lease.engine, "expires_at": lease.expires_at.isoformat()}
    _publish(kind, lease, data)


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=row.id, data={"id": row.id, **data}, sequence=row.version)


def on_tenant_suspended(_event: Event, _transaction: Any) -> None:
    """A suspended tenant's dynamic secrets stop working."""
    from services.secrets import lease_operations

    lease_operations.revoke_all()


def on_tenant_closed(_event: Event, _transaction: Any) -> None:
    """Nothing of a tenant that is gone stays behind."""
    from services.secrets import lease_operations, operations

    lease_operations.revoke_all()
    operations.delete_all()


HANDLERS: dict[str, Callable[[Event, Any], None]] = {
    "tenants.tenant.suspended": on_tenant_suspended,
    "tenants.tenant.closed": on_tenant_closed,
}
