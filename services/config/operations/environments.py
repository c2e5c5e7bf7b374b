"""Environments: what their layers come to, and their end."""

from __future__ import annotations

from typing import Any

from services.config.domain.layers import effective, origins
from services.config.ports import Ports
from services.config.repository import environments, layers


def explain(environment_name: str) -> dict[str, Any]:
    """What a publication would contain now, and which layer sets each top-level key. Raises NotFound."""
    environment = environments.named(environment_name)
    found = layers.values_of(environment)
    return {"environment": environment_name, "values": effective(found), "origins": origins(found)}


def remove_environments(ports: Ports) -> None:
    """Remove all configurations of the tenant: what is in force first, then layers and history."""
    ports.documents.remove_all()
    environments.delete_all()
