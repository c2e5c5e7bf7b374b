"""What must be done to make the actual state the desired one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """Keys that are only desired, in both but different, and only actual; each in key order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def diff(desired: Mapping[str, Any], actual: Mapping[str, Any]) -> Difference:
    """Compare desired and actual resources by key. A key that is no longer desired is removed, not overlooked."""
    return Difference(
        added=tuple(sorted(desired.keys() - actual.keys())),
        changed=tuple(sorted(key for key in desired.keys() & actual.keys() if desired[key] != actual[key])),
        removed=tuple(sorted(actual.keys() - desired.keys())),
    )
