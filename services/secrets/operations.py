"""Use cases around secrets, keys and path policies. Values go from the request to Vault and back, nowhere else.

Vault is the truth about versions; the tables follow. A write whose transaction fails after Vault has taken it leaves a
version more in Vault, which the next write builds upon.
"""

from __future__ import annotations

import json
import secrets as randomness
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from services.secrets import events
from services.secrets.access import ensure_path
from services.secrets.domain import versions as rules
from services.secrets.domain.paths import checked_pattern, secret_path
from services.secrets.models import Policy, Secret
from services.secrets.repository import policies, secrets
from services.secrets.state import clock, quotas, store, vault_path
from shared.errors import NotFound, OmniCloudError, ValidationFailed
from shared.infra.secrets import Secret as StoredSecret
from shared.infra.secrets import SecretNotFound
from shared.kernel.context import current_tenant
from shared.kernel.logs import logger
from shared.utils.ids import new_id

log = logger("services.secrets")

ALPHABET = string.ascii_letters + string.digits
VERSION_ACTIONS = {"delete": "deleted", "undelete": "undeleted", "destroy": "destroyed"}


class UnknownField(ValidationFailed):
    """The secret has no such field."""

    code = "unknown_secret_field"


def write_secret(text: str, data: Mapping[str, Any], cas: int | None) -> Secret:
    """Write the next version of a secret; the first one counts against the tenant's quota of secrets.

    Raises InvalidPath, SecretTooLarge, PathForbidden, CasMismatch, QuotaExceeded, SecretsUnavailable.
    """
    path = secret_path(text)
    ensure_path(path, "write")
    rules.check_size(json.dumps(data).encode())
    row, made = secrets.at_or_new(path)
    with _counted(row.id, made):
        _write(row, data, cas)
    log.info("secret written", path=path, version=row.current_version)
    events.secret_event("secrets.secret.written", row, keys=sorted(data))
    return row


def read_secret(text: str, version: int | None) -> StoredSecret:
    """A version of a secret, the newest by default.

    Raises NotFound, PathForbidden, SecretsUnavailable, and VersionRetired for one that was rotated out.
    """
    path = secret_path(text)
    ensure_path(path, "read")
    row = secrets.at(path)
    if version is not None and rules.is_retired(row.retirements, version, clock().now()):
        raise rules.VersionRetired(f"version {version} was rotated out")
    return store().read(vault_path(path), version)


def delete_secret(text: str) -> None:
    """Remove a secret with all of its versions. Raises NotFound, PathForbidden, SecretsUnavailable."""
    path = secret_path(text)
    ensure_path(path, "delete")
    row = secrets.at(path, lock=True)
    secret_id = row.id
    _purge(row)
    quotas().release(secret_id)


def delete_all() -> int:
    """Remove every secret of a tenant that is gone; how many there were."""
    rows = list(secrets.scoped())
    for row in rows:
        _purge(row)
    return len(rows)


def rotate_secret(text: str, field: str, length: int, overlap_seconds: int) -> Secret:
    """Give one field a fresh random value; the version before stays good for `overlap_seconds`.

    Raises NotFound, UnknownField, InvalidOverlap, PathForbidden, SecretsUnavailable.
    """
    path = secret_path(text)
    ensure_path(path, "write")
    row = secrets.at(path, lock=True)
    now = clock().now()
    until = rules.overlap_end(now, overlap_seconds)
    present = store().read(vault_path(path))
    if field not in present.data:
        raise UnknownField(f"the secret has no field {field}")
    row.retirements = rules.retire(row.retirements, present.version, until)
    _write(row, {**present.data, field: random_value(length)}, present.version)
    events.secret_event("secrets.secret.rotated", row, retired=present.version, valid_until=until.isoformat())
    return row


def change_versions(text: str, action: str, numbers: Sequence[int]) -> Secret:
    """Delete, bring back or destroy versions. Raises NotFound, PathForbidden, SecretsUnavailable."""
    path = secret_path(text)
    ensure_path(path, "delete")
    row = secrets.at(path, lock=True)
    change = {"delete": store().delete, "undelete": store().undelete, "destroy": store().destroy}[action]
    change(vault_path(path), numbers)
    secrets.save(row)
    events.secret_event(f"secrets.secret_version.{VERSION_ACTIONS[action]}", row, versions=list(numbers))
    return row


def version_list(text: str) -> dict[str, Any]:
    """All versions of a secret with their state, without a value. Raises NotFound, PathForbidden."""
    path = secret_path(text)
    ensure_path(path, "list")
    row, now = secrets.at(path), clock().now()
    found = store().versions(vault_path(path))
    return {
        "path": path,
        "current_version": row.current_version,
        "valid_versions": rules.valid_versions(row.retirements, row.current_version, now),
        "items": [
            {
                "version": item.version,
                "created_at": item.created_at,
                "deleted": bool(item.deleted_at),
                "destroyed": item.destroyed,
                "valid_until": row.retirements.get(str(item.version)),
            }
            for item in found
        ],
    }


def create_policy(pattern: str, subjects: Sequence[str], capabilities: Sequence[str]) -> Policy:
    """A new path policy; it holds from the next request on. Raises InvalidPattern."""
    policy = policies.add(
        Policy(
            id=new_id("pp"),
            tenant_id=current_tenant(),
            pattern=checked_pattern(pattern),
            subjects=sorted(set(subjects)),
            capabilities=sorted(set(capabilities)),
        )
    )
    events.policy_event("secrets.path_policy.created", policy)
    return policy


def delete_policy(policy_id: str) -> None:
    """Remove a path policy. Raises NotFound."""
    policy = policies.get(policy_id, lock=True)
    policy.version += 1
    events.policy_event("secrets.path_policy.deleted", policy)
    policies.delete(policy)


def random_value(length: int) -> str:
    """A random text of letters and digits, about 5.95 bits each."""
    return "".join(randomness.choice(ALPHABET) for _ in range(length))


def _write(row: Secret, data: Mapping[str, Any], cas: int | None) -> None:
    """Write the next version to Vault, and note its number."""
    target = vault_path(row.path)
    present = _present_version(target)
    rules.check_cas(present, cas)
    row.current_version = store().write(target, data, present)
    secrets.save(row)


def _present_version(target: str) -> int:
    """Vault's number of the newest version; 0 when there is none."""
    try:
        return max((item.version for item in store().versions(target)), default=0)
    except SecretNotFound:
        return 0


def _purge(row: Secret) -> None:
    row.version += 1
    events.secret_event("secrets.secret.deleted", row)
    store().purge(vault_path(row.path))
    secrets.delete(row)


@contextmanager
def _counted(reservation_id: str, new: bool) -> Iterator[None]:
    """Count a new secret in the tenant's quota; it counts no longer when the block fails."""
    if not new:
        yield
        return
    quotas().reserve("secrets", 1, reservation_id)
    try:
        yield
        quotas().commit(reservation_id)
    except BaseException:
        _give_back(reservation_id)
        raise


def _give_back(reservation_id: str) -> None:
    """Release on the way out of a failure, which is the one to be told about."""
    try:
        quotas().release(reservation_id)
    except NotFound:
        return
    except OmniCloudError as error:
        log.warning("a reservation could not be given back", reservation=reservation_id, error=error.code)
