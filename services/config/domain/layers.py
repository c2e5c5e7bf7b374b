"""Layers of configuration: default < environment < tenant < override.

A key that a layer has is set by that layer, whatever its value: 0, false, "" and null override what is below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.config.domain.references import is_reference
from shared.errors import ValidationFailed

PRECEDENCE = ("default", "environment", "tenant", "override")
"""From the weakest to the strongest."""

Values = Mapping[str, Any]


class UnknownLayer(ValidationFailed):
    """There are four layers."""

    code = "unknown_layer"


def checked_layer(name: str) -> str:
    """The layer's name. Raises UnknownLayer."""
    if name not in PRECEDENCE:
        raise UnknownLayer(f"the layers are {', '.join(PRECEDENCE)}")
    return name


def effective(layers: Mapping[str, Values]) -> dict[str, Any]:
    """All layers merged in their order."""
    merged: dict[str, Any] = {}
    for name in PRECEDENCE:
        if name in layers:
            merged = deep_merge(merged, layers[name])
    return merged


def deep_merge(below: Values, above: Values) -> dict[str, Any]:
    """What is below, with every key of what is above."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = joined(merged[key], value) if key in merged else value
    return merged


def joined(below: Any, above: Any) -> Any:
    """Maps are merged key by key; lists, secret references and everything else are replaced as a whole."""
    if is_map(below) and is_map(above):
        return deep_merge(below, above)
    return above


def is_map(value: Any) -> bool:
    """Whether a value is made of keys; a secret reference is one value."""
    return isinstance(value, Mapping) and not is_reference(value)


def origins(layers: Mapping[str, Values]) -> dict[str, str]:
    """Which layer sets each top-level key."""
    return {key: name for name in PRECEDENCE if name in layers for key in layers[name]}
