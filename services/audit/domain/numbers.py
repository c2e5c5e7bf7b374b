"""Numbers of records are read back as what was hashed.

JSON's numbers are doubles (RFC 7493 §2.2), and RFC 8785 writes them as such; it has no form for an integer beyond
2^53 - 1, which a double may not hold. PostgreSQL keeps the numbers of jsonb as decimals and writes them without an
exponent: the double 1.8014398509481982e+16 comes back as the text of an integer.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

LARGEST_EXACT = 2**53 - 1
"""Every integer up to here is a double, and no other integer is the same one."""


class Numbers(json.JSONDecoder):
    """Reads stored JSON: a whole number beyond 2^53 - 1 is the double that was written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_int": as_hashed})


def as_hashed(text: str) -> int | float:
    """What was hashed of a whole number that is stored.

    Beyond 2^53 - 1 it is the double whose shortest text names it. Where there is none nothing of the platform's wrote
    the number; it stays as it is, has no canonical form, and no hash matches it.
    """
    number = int(text)
    if abs(number) <= LARGEST_EXACT:
        return number
    double = float(text)
    return double if Decimal(repr(double)) == number else number
