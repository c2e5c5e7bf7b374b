"""Layers, as they are being edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.config import published
from services.config.domain.documents import MAX_LAYER_BYTES, check_document
from services.config.domain.layers import checked_layer
from services.config.domain.limits import check_environments
from services.config.domain.references import check_references
from services.config.models import Layer
from services.config.repository import check_version, count_alone, environments, layers
from shared.kernel.preconditions import EntityTags


def set_layer(
    environment_name: str, name: str, values: Mapping[str, Any], expected_version: EntityTags | None
) -> Layer:
    """Set a layer; nobody sees it before the next publication.

    Raises UnknownLayer, InvalidDocument, DocumentTooLarge, InvalidReference, EnvironmentLimitReached, VersionConflict.
    """
    checked_layer(name)
    check_document(values, MAX_LAYER_BYTES)
    check_references(values)
    environment = environments.named_or_new(environment_name)
    present = layers.find(environment, name)
    check_version(present, expected_version)
    if present is None:
        check_environments(count_alone(environments))
    layer = layers.put(environment, name, dict(values))
    published.layer_changed(environment, layer)
    return layer
