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
        changed=tuple(sorted(key for key in desired.keys() & actual.keys() if not same(desired[key], actual[key]))),
        removed=tuple(sorted(actual.keys() - desired.keys())),
    )


def same(first: Any, second: Any) -> bool:
    """Whether two values are the same JSON: `true` isn't 1 as it is in Python, while 1 is 1.0 as RFC 8259 has it."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)
