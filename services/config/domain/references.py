"""Secret references: `{"$secret": "app/database#password"}` stands for a field of a secret.

They are published as they are. Only a reader who asks for it, and may read the secret, gets the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import ValidationFailed

MARKER = "$secret"


class InvalidReference(ValidationFailed):
    """A reference is `{"$secret": "path#field"}` and nothing else."""

    code = "invalid_secret_reference"


@dataclass(frozen=True)
class Reference:
    """A field of a secret."""

    path: str
    field: str


def is_reference(value: Any) -> bool:
    """Whether a value is meant as a reference."""
    return isinstance(value, Mapping) and MARKER in value


def parse(value: Mapping[str, Any]) -> Reference:
    """The reference. Raises InvalidReference."""
    text = value[MARKER]
    path, separator, field = text.partition("#") if isinstance(text, str) else ("", "", "")
    if len(value) != 1 or not path.strip("/") or not separator or not field:
        raise InvalidReference('a secret reference is {"$secret": "path#field"}')
    return Reference(path.strip("/"), field)


def check_references(value: Any) -> None:
    """Raise InvalidReference when anything in a document is meant as a reference and isn't one."""
    if is_reference(value):
        parse(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            check_references(inner)
    elif isinstance(value, list):
        for inner in value:
            check_references(inner)


def resolved(value: Any, lookup: Callable[[Reference], Any]) -> Any:
    """A copy of the document with every reference replaced by what `lookup` gives; the document stays as it is."""
    if is_reference(value):
        return lookup(parse(value))
    if isinstance(value, Mapping):
        return {key: resolved(inner, lookup) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, lookup) for inner in value]
    return value
