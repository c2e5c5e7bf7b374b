"""Units of capacity. Memory and disk are whole MiB: integers all the way."""

from __future__ import annotations

import re
from decimal import Decimal

from shared.errors import ValidationFailed

_BYTES = {
    "B": 1,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_SIZE = re.compile(r"^\s*(\d{1,18}(?:\.\d{1,18})?)\s*([KMGT]?i?B)\s*$", re.ASCII)
"""More digits than any size has are refused before they are a number: what that takes grows with their square."""
_SHOWN = 60


class InvalidQuantity(ValidationFailed):
    """Text that is not a size or a CPU quantity."""

    code = "invalid_quantity"


def parse_bytes(text: str) -> int:
    """Bytes from text such as `8GiB` (binary) or `8GB` (decimal, SI). Raises InvalidQuantity."""
    match = _SIZE.match(text)
    if not match or match.group(2) not in _BYTES:
        raise InvalidQuantity(f"{text[:_SHOWN]!r} is not a size: write a number and a unit such as MiB or GB")
    size = Decimal(match.group(1)) * _BYTES[match.group(2)]
    if size != size.to_integral_value():
        raise InvalidQuantity(f"{text[:_SHOWN]!r} is not a whole number of bytes")
    return int(size)


def parse_mib(text: str) -> int:
    """Whole MiB that hold the size, rounded up: a request is never granted less than it asked for."""
    return -(-parse_bytes(text) // 2**20)
