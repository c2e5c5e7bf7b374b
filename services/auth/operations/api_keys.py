"""Keys of service accounts."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from services.auth import published
from services.auth.domain import api_keys as keys
from services.auth.models import ApiKey
from services.auth.operations.accounts import SERVICE_ACCOUNT
from services.auth.ports import Ports
from services.auth.repository import accounts, api_keys
from shared.errors import Conflict
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_api_key(ports: Ports, service_account_id: str, name: str, lifetime: timedelta | None) -> ApiKey:
    """A new key of a service account. Its text is in the answer, as `key`, and kept nowhere.

    Raises NotFound, and Conflict for an account that was deleted: its keys don't work.
    """
    account = accounts.of_kinds([SERVICE_ACCOUNT], service_account_id, lock=True)
    if account.state != "active":
        raise Conflict(f"the service account {account.id} is {account.state}")
    secret = secrets.token_urlsafe(keys.SECRET_BYTES)
    key = api_keys.add(
        ApiKey(
            id=new_id("key"),
            tenant_id=account.tenant_id,
            account=account,
            name=name,
            secret_digest=keys.digest(secret),
            expires_at=ports.clock.now() + lifetime if lifetime else None,
        )
    )
    published.api_key_created(key)
    key.key = keys.format_key(key.id, secret)
    return key


def revoke_api_key(ports: Ports, id: str, expected_version: EntityTags | None) -> None:
    """A key that must not work any more. Doing it twice changes nothing. Raises VersionConflict, NotFound."""
    key = api_keys.get(id, lock=True)
    check_version(key, expected_version)
    if key.revoked_at is None:
        revoke(key, ports.clock.now())


def revoke(key: ApiKey, now: datetime) -> None:
    """Revoke a key that the caller holds."""
    key.revoked_at = now
    api_keys.save(key)
    published.api_key_revoked(key)
