"""Decimals that are never rounded on the way: `decimal`'s own arithmetic keeps 28 digits, silently."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

DIGITS = 1000
"""More than any sum or product of what the platform accepts has; beyond it is an error and never a rounding."""
EXACT = Context(prec=DIGITS, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
"""Adds, subtracts and multiplies exactly, and raises `decimal.Inexact` rather than round."""
_ROUNDING = Context(prec=DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Overflow])

DECIMAL_PATTERN = r"-?[0-9]+(\.[0-9]+)?"
"""How a decimal number is written: ASCII digits and a point. `Decimal` also reads `１`, `1_000`, ` 5 ` and `1e3`."""
_DECIMAL = re.compile(DECIMAL_PATTERN)


def parse_decimal(text: str) -> Decimal:
    """The number that plain text says, every digit of it. Raises ValueError for anything else."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError("a decimal number is written with digits and a point")
    return Decimal(text)


def plain(number: Decimal) -> str:
    """All digits of a number, without an exponent and without zeros at its end: `12.5`, `100`, `0`."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def rounded_to(number: Decimal, places: int) -> Decimal:
    """The number rounded half up (away from zero, where it lies in the middle) to so many places; never minus zero."""
    result = number.quantize(Decimal(1).scaleb(-places), context=_ROUNDING)
    return result if result else result.copy_abs()
