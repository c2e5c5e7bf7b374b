"""Versions of a secret: what there is, and hiding, bringing back or destroying some."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.secrets import published
from services.secrets.domain import versions as rules
from services.secrets.domain.paths import secret_path
from services.secrets.models import Secret
from services.secrets.operations.access import ensure_path
from services.secrets.ports import Ports
from services.secrets.ports.vault import vault_path
from services.secrets.repository import secrets
from shared.infra.secrets import SecretStore
from shared.kernel.preconditions import EntityTags

Change = Callable[[SecretStore, str, Sequence[int]], None]
Told = Callable[[Secret, Sequence[int]], None]

CHANGES: Mapping[str, tuple[Change, Told]] = {
    "delete": (SecretStore.delete, published.secret_version_deleted),
    "undelete": (SecretStore.undelete, published.secret_version_undeleted),
    "destroy": (SecretStore.destroy, published.secret_version_destroyed),
}
"""What can be done with versions: in Vault, and what is told of it."""


def change_versions(
    ports: Ports, text: str, action: str, numbers: Sequence[int], expected_version: EntityTags | None
) -> Secret:
    """Delete, bring back or destroy versions. Raises NotFound, PathForbidden, VersionConflict, SecretsUnavailable."""
    path = secret_path(text)
    ensure_path(path, "delete")
    row = secrets.at(path, lock=True)
    rules.check_tag(row.current_version, expected_version)
    change, tell = CHANGES[action]
    change(ports.store, vault_path(path), numbers)
    secrets.save(row)
    tell(row, numbers)
    return row


def version_list(ports: Ports, text: str) -> dict[str, Any]:
    """All versions of a secret with their state, without a value. Raises NotFound, PathForbidden."""
    path = secret_path(text)
    ensure_path(path, "list")
    row, now = secrets.at(path), ports.clock.now()
    found = ports.store.versions(vault_path(path))
    readable = [item.version for item in found if not (item.deleted_at or item.destroyed)]
    return {
        "path": path,
        "current_version": row.current_version,
        "valid_versions": rules.valid_versions(row.retirements, row.current_version, readable, now),
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
