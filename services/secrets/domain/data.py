"""What a secret may hold: JSON that comes back as it was sent, with fields that can be told of."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.errors import ValidationFailed

MAX_FIELDS = 200
MAX_FIELD_LENGTH = 200
MAX_DEPTH = 32
"""Maps and lists inside of each other."""
MAX_INTEGER = 2**53 - 1
"""Beyond it, readers that have only floating point would get another number (RFC 7493 §2.2)."""
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SURROGATE = re.compile("[\ud800-\udfff]")


class InvalidSecretData(ValidationFailed):
    """Data that couldn't be given back as it was sent, or whose fields can't be told of. The message repeats nothing
    of it."""

    code = "invalid_secret_data"


def check_data(data: Mapping[str, Any]) -> None:
    """Raise InvalidSecretData, without a word of the content."""
    if len(data) > MAX_FIELDS:
        raise InvalidSecretData(f"a secret has at most {MAX_FIELDS} fields")
    for name in data:
        if not name.strip() or len(name) > MAX_FIELD_LENGTH or UNPRINTABLE.search(name):
            raise InvalidSecretData(f"a field's name has 1 to {MAX_FIELD_LENGTH} characters, none of them a control")
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _checked_parts(value)]
        if not level:
            return
    raise InvalidSecretData(f"a secret has at most {MAX_DEPTH} levels")


def _checked_parts(value: Any) -> Iterable[Any]:
    """What is inside of a value. Raises InvalidSecretData."""
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list):
        return value
    if isinstance(value, str) and SURROGATE.search(value):
        raise InvalidSecretData("text has no lone surrogates")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidSecretData("a number is finite")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise InvalidSecretData(f"a whole number is between -{MAX_INTEGER} and {MAX_INTEGER}: send others as text")
    return ()
