"""What audits know of other services' resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.compliance.repository import resources


def note_resource(
    resource_type: str, resource_id: str, attributes: Mapping[str, Any], sequence: int, *, deleted: bool = False
) -> None:
    """Remember a resource as its service tells of it; what is older than what is known changes nothing."""
    row = resources.of(resource_type, resource_id)
    if row is None:
        row = resources.new(resource_type, resource_id, {}, -1)
    if sequence <= row.sequence:
        return
    row.attributes = {**row.attributes, **attributes, "id": resource_id}
    row.sequence, row.deleted = sequence, deleted
    resources.save(row)
