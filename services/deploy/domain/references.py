"""References between resources: `${storage.volume.data.id}` stands for the id that the volume gets when it is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.errors import ValidationFailed

_REFERENCE = re.compile(r"\$\{([a-z_][a-z0-9_.-]*)\.id\}")


class UnresolvedReference(ValidationFailed):
    """A reference to a resource that is neither in the configuration nor in the state."""

    code = "unresolved_reference"


def references(value: Any) -> frozenset[str]:
    """The addresses that a value, a list or a mapping of values refers to; each is a dependency."""
    if isinstance(value, str):
        return frozenset(_REFERENCE.findall(value))
    if isinstance(value, Mapping):
        return frozenset().union(*(references(each) for each in value.values()))
    if isinstance(value, list | tuple):
        return frozenset().union(*(references(each) for each in value))
    return frozenset()


def resolve(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with every reference replaced by the id. Raises UnresolvedReference."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _id_of(match.group(1), ids), value)
    if isinstance(value, Mapping):
        return {key: resolve(each, ids) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(each, ids) for each in value]
    return value


def _id_of(address: str, ids: Mapping[str, str]) -> str:
    if address not in ids:
        raise UnresolvedReference(f"${{{address}.id}} refers to nothing that exists")
    return ids[address]
