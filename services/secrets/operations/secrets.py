"""Secrets: writing, reading, rotating and removing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from services.secrets import published
from services.secrets.domain import versions as rules
from services.secrets.domain.data import check_data
from services.secrets.domain.paths import secret_path
from services.secrets.models import Secret
from services.secrets.operations.access import ensure_path, visible_to
from services.secrets.operations.counting import claim_of
from services.secrets.operations.values import random_value
from services.secrets.ports import Ports
from services.secrets.ports.vault import vault_path
from services.secrets.repository import secrets
from shared.errors import ValidationFailed
from shared.events.admission import ask
from shared.events.resources import CREATE, UPDATE
from shared.infra.secrets import KEPT_VERSIONS, SecretNotFound
from shared.infra.secrets import Secret as StoredSecret
from shared.kernel.context import current
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags
from shared.utils.pagination import Page, PageRequest

log = logger("services.secrets")


class UnknownField(ValidationFailed):
    """The secret has no such field."""

    code = "unknown_secret_field"


def write_secret(
    ports: Ports, text: str, data: Mapping[str, Any], cas: int | None, expected_version: EntityTags | None
) -> Secret:
    """Write the next version of a secret; the first one counts against the tenant's quota of secrets.

    Raises InvalidPath, InvalidSecretData, SecretTooLarge, PathForbidden, VersionConflict, CasMismatch, QuotaExceeded,
    PolicyDenied, SecretsUnavailable.
    """
    path = secret_path(text)
    ensure_path(path, "write")
    check_data(data)
    rules.check_size(json.dumps(data).encode())
    row, made = secrets.at_or_new(path)
    rules.check_tag(row.current_version, expected_version)
    _ask(row, CREATE if made else UPDATE, data)
    with ports.quotas.reserved(claim_of(row.id)) if made else nullcontext():
        _write(ports, row, data, cas)
    log.info("secret written", path=path, version=row.current_version)
    published.secret_written(row, data)
    return row


def read_secret(ports: Ports, text: str, version: int | None) -> StoredSecret:
    """A version of a secret, the newest by default.

    Raises NotFound, PathForbidden, SecretsUnavailable, and VersionRetired for one that was rotated out.
    """
    path = secret_path(text)
    ensure_path(path, "read")
    row = secrets.at(path)
    if version is not None and rules.is_retired(row.retirements, version, ports.clock.now()):
        raise rules.VersionRetired(f"version {version} was rotated out")
    return ports.store.read(vault_path(path), version)


def list_secrets(prefix: str, request: PageRequest) -> Page[Secret]:
    """A page of the secrets whose paths begin so, as far as the path policies let the caller list them."""
    return secrets.visible(prefix, visible_to(current().caller), request)


def delete_secret(ports: Ports, text: str, expected_version: EntityTags | None) -> None:
    """Remove a secret with all of its versions. Raises NotFound, PathForbidden, VersionConflict, SecretsUnavailable."""
    path = secret_path(text)
    ensure_path(path, "delete")
    row = secrets.at(path, lock=True)
    rules.check_tag(row.current_version, expected_version)
    _purge(ports, row)


def delete_all(ports: Ports) -> int:
    """Remove every secret of a tenant that is gone; how many there were."""
    rows = list(secrets.scoped())
    for row in rows:
        _purge(ports, row)
    return len(rows)


def rotate_secret(
    ports: Ports, text: str, field: str, length: int, overlap_seconds: int, expected_version: EntityTags | None
) -> Secret:
    """Give one field a fresh random value; the version before stays good for `overlap_seconds`.

    Raises NotFound, UnknownField, InvalidOverlap, PathForbidden, VersionConflict, PolicyDenied,
    SecretsUnavailable.
    """
    path = secret_path(text)
    ensure_path(path, "write")
    row = secrets.at(path, lock=True)
    rules.check_tag(row.current_version, expected_version)
    until = rules.overlap_end(ports.clock.now(), overlap_seconds)
    present = ports.store.read(vault_path(path))
    if field not in present.data:
        raise UnknownField(f"the secret has no field {field}")
    _ask(row, UPDATE, present.data)
    row.retirements = rules.retire(row.retirements, present.version, until)
    _write(ports, row, {**present.data, field: random_value(length)}, present.version)
    published.secret_rotated(row, present.version, until)
    return row


def _ask(row: Secret, verb: str, data: Mapping[str, Any]) -> None:
    """Ask policies before Vault has the next version, which it would keep."""
    facts = {**published.secret_facts(row), "version": row.current_version + 1, "keys": sorted(data)}
    ask(published.SECRET, row.id, verb, facts)


def _write(ports: Ports, row: Secret, data: Mapping[str, Any], cas: int | None) -> None:
    """Write the next version to Vault, and note its number."""
    target = vault_path(row.path)
    there = _versions_there(ports, target)
    present = max(there, default=0)
    rules.check_cas(present if row.version else 0, cas)  # What Vault has of a write that failed is no secret yet.
    left = [number for number, destroyed in there.items() if not destroyed]
    row.retirements = rules.make_room(row.retirements, left, present + 1, KEPT_VERSIONS, ports.clock.now())
    row.current_version = ports.store.write(target, data, present)
    secrets.save(row)


def _versions_there(ports: Ports, target: str) -> dict[int, bool]:
    """Vault's numbers of all versions, and whether each was destroyed."""
    try:
        return {item.version: item.destroyed for item in ports.store.versions(target)}
    except SecretNotFound:
        return {}


def _purge(ports: Ports, row: Secret) -> None:
    row.version += 1
    published.secret_deleted(row)
    ports.store.purge(vault_path(row.path))
    secrets.delete(row)
