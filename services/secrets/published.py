"""What the secrets service tells. No event holds a value, nor anything a value could be told from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from services.secrets.models import EncryptionKey, Lease, LeaseToken, Policy, Secret
from shared.events import publish

SECRET, KEY = "secrets.secret", "secrets.key"
"""What the events of what lies in Vault are called."""


def secret_written(secret: Secret, keys: Iterable[str]) -> None:
    """A version of a secret was written; `keys` are the names of its fields."""
    _publish("secrets.secret.written", secret, {**secret_facts(secret), "keys": sorted(keys)})


def secret_rotated(secret: Secret, retired: int, valid_until: datetime) -> None:
    """A secret has a fresh value; the version before is good until then."""
    data = {**secret_facts(secret), "retired": retired, "valid_until": valid_until.isoformat()}
    _publish("secrets.secret.rotated", secret, data)


def secret_deleted(secret: Secret) -> None:
    """A secret is gone with all of its versions."""
    _publish("secrets.secret.deleted", secret, secret_facts(secret))


def secret_version_deleted(secret: Secret, versions: Sequence[int]) -> None:
    """Versions of a secret were hidden."""
    _publish("secrets.secret_version.deleted", secret, {**secret_facts(secret), "versions": list(versions)})


def secret_version_undeleted(secret: Secret, versions: Sequence[int]) -> None:
    """Versions of a secret were brought back."""
    _publish("secrets.secret_version.undeleted", secret, {**secret_facts(secret), "versions": list(versions)})


def secret_version_destroyed(secret: Secret, versions: Sequence[int]) -> None:
    """Versions of a secret were removed for good."""
    _publish("secrets.secret_version.destroyed", secret, {**secret_facts(secret), "versions": list(versions)})


def key_created(key: EncryptionKey) -> None:
    """There is a new encryption key."""
    _publish("secrets.key.created", key, key_facts(key))


def key_rotated(key: EncryptionKey) -> None:
    """An encryption key has a new version."""
    _publish("secrets.key.rotated", key, key_facts(key))


def key_deleted(key: EncryptionKey) -> None:
    """An encryption key is gone."""
    _publish("secrets.key.deleted", key, key_facts(key))


def path_policy_created(policy: Policy) -> None:
    """Who may do what under a pattern of paths from now on."""
    _publish("secrets.path_policy.created", policy, _policy(policy))


def path_policy_deleted(policy: Policy) -> None:
    """A path policy is gone."""
    _publish("secrets.path_policy.deleted", policy, _policy(policy))


def lease_token_created(token: LeaseToken) -> None:
    """There is a new token that leases can be made under."""
    _publish("secrets.lease_token.created", token, _token(token))


def lease_token_revoked(token: LeaseToken) -> None:
    """A token was revoked, by itself or with one above it."""
    _publish("secrets.lease_token.revoked", token, _token(token))


def lease_issued(lease: Lease) -> None:
    """A lease began."""
    _publish("secrets.lease.issued", lease, _lease(lease))


def lease_renewed(lease: Lease) -> None:
    """A lease was prolonged."""
    _publish("secrets.lease.renewed", lease, _lease(lease))


def lease_revoked(lease: Lease) -> None:
    """A lease was ended before its time."""
    _publish("secrets.lease.revoked", lease, _lease(lease))


def lease_expired(lease: Lease) -> None:
    """A lease came to its end."""
    _publish("secrets.lease.expired", lease, _lease(lease))


def secret_facts(secret: Secret) -> dict[str, Any]:
    """A secret as events and policies know it."""
    return {"path": secret.path, "version": secret.current_version}


def key_facts(key: EncryptionKey) -> dict[str, Any]:
    """A key as events and policies know it."""
    return {"name": key.name, "key_version": key.key_version}


def _policy(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in ("pattern", "subjects", "capabilities")}


def _token(token: LeaseToken) -> dict[str, Any]:
    return {"name": token.name, "parent_id": token.parent_id}


def _lease(lease: Lease) -> dict[str, Any]:
    return {"token_id": lease.token_id, "engine": lease.engine, "expires_at": lease.expires_at.isoformat()}


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=row.id, data={"id": row.id, **data}, sequence=row.version)
