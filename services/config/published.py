"""What config tells: that something changed, never to which values."""

from __future__ import annotations

from typing import Any

from django.db import connection

from services.config.models import Environment, FlagRow, Layer, Revision
from shared.events import publish


def layer_changed(environment: Environment, layer: Layer) -> None:
    """Tell that a layer was set, with its keys."""
    data = {"environment": environment.name, "layer": layer.name, "keys": sorted(layer.values)}
    _publish("config.layer.changed", layer, data)


def environment_published(environment: Environment, revision: Revision) -> None:
    """Tell that a revision is in force."""
    data = {
        "environment": environment.name,
        "revision": revision.revision,
        "rolled_back_to": revision.rolled_back_to,
        "published_by": revision.published_by,
    }
    _publish("config.environment.published", environment, data)


def flag_changed(flag: FlagRow) -> None:
    """Tell how a flag is set now."""
    data = {"name": flag.name, "enabled": flag.enabled, "percentage": flag.percentage}
    _publish("config.flag.changed", flag, data)


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=row.id, data={"id": row.id, **data}, sequence=row.version)
