"""Serial numbers of zones: arithmetic in a circle of 32 bits (RFC 1982), dates as their usual form (RFC 1912 §2.2)."""

from __future__ import annotations

from datetime import date

SERIAL_BITS = 32
MODULUS = 2**SERIAL_BITS
HALF = 2 ** (SERIAL_BITS - 1)
MAX_INCREMENT = HALF - 1


def add(serial: int, increment: int) -> int:
    """The serial that is `increment` further. Raises ValueError beyond 2^31 - 1 (RFC 1982 §3.1)."""
    if not 0 <= increment <= MAX_INCREMENT:
        raise ValueError(f"an increment is 0 to {MAX_INCREMENT}, not {increment}")
    return (serial + increment) % MODULUS


def is_newer(first: int, second: int) -> bool:
    """Whether `first` is greater than `second` in the circle. Opposite serials are neither (RFC 1982 §3.2)."""
    return 0 < (first - second) % MODULUS < HALF


def following(serial: int, today: date) -> int:
    """The serial after a change: the first of the day (YYYYMMDD00) when that is newer, else one more.

    0 is left out, because some name servers take it for "no serial".
    """
    first_of_day = int(f"{today:%Y%m%d}00")
    if is_newer(first_of_day, serial):
        return first_of_day
    return add(serial, 1) or 1
