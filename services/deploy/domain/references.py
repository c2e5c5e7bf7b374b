"""References between resources: `${storage.volume.data.id}` stands for the id that the volume gets when it is made.

As in Terraform's templates, `$${` is a literal `${`; an attribute other than `id` can't be referred to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.errors import ValidationFailed

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:([a-z_][a-z0-9_.-]*)\.id\})?")
"""An escape (no group), a reference (its address is the group), or an opening that begins neither."""
_LITERAL = "${"

SHOWN = 60
"""Characters of an attribute that an error shows."""


class UnresolvedReference(ValidationFailed):
    """A reference to a resource that is neither in the configuration nor in the state."""

    code = "unresolved_reference"


class UnsupportedReference(ValidationFailed):
    """A `${` that begins no reference to an id (Terraform: "Unsupported attribute"). A literal one is written `$${`."""

    code = "unsupported_reference"


def check_references(value: Any) -> None:
    """Refuse what looks like a reference and isn't one, at any depth. Raises UnsupportedReference."""
    if isinstance(value, str):
        for match in _REFERENCE.finditer(value):
            if match.group() == _LITERAL:
                found = value[match.start() : match.start() + SHOWN]
                raise UnsupportedReference(f"{found!r} begins no ${{<kind>.<name>.id}}; a literal ${{ is written $${{")
    elif isinstance(value, Mapping):
        for each in value.values():
            check_references(each)
    elif isinstance(value, list | tuple):
        for each in value:
            check_references(each)


def references(value: Any) -> frozenset[str]:
    """The addresses that a value, a list or a mapping of values refers to; each is a dependency."""
    if isinstance(value, str):
        return frozenset(filter(None, _REFERENCE.findall(value)))
    if isinstance(value, Mapping):
        return frozenset().union(*(references(each) for each in value.values()))
    if isinstance(value, list | tuple):
        return frozenset().union(*(references(each) for each in value))
    return frozenset()


def resolve(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with every reference replaced by the id, and every escape by what it stands for.

    Raises UnresolvedReference.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _meant(match, ids), value)
    if isinstance(value, Mapping):
        return {key: resolve(each, ids) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(each, ids) for each in value]
    return value


def escaped(value: Any) -> Any:
    """A value as it has to be written where references are looked for, so that it stands for itself."""
    if isinstance(value, str):
        return value.replace(_LITERAL, "$" + _LITERAL)
    if isinstance(value, Mapping):
        return {key: escaped(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(each) for each in value]
    return value


def _meant(match: re.Match[str], ids: Mapping[str, str]) -> str:
    address = match.group(1)
    if address is None:
        return _LITERAL
    if address not in ids:
        raise UnresolvedReference(f"${{{address}.id}} refers to nothing that exists")
    return ids[address]
