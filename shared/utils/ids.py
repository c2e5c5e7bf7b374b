"""Identifiers: a prefix that says what it is, and a time-ordered random part (UUIDv7, RFC 9562 §5.7)."""

from __future__ import annotations

import secrets
import time


def new_id(prefix: str) -> str:
    """A fresh identifier such as `vpc-0192f3c8a1b27d4e9f00c2d1e3f4a5b6`; later ones sort after earlier ones."""
    return f"{prefix}-{uuid7_hex(time.time_ns() // 1_000_000, secrets.randbits(74))}"


def uuid7_hex(milliseconds: int, random_bits: int) -> str:
    """The 32 hex digits of a UUIDv7 for a Unix time in milliseconds and 74 random bits."""
    rand_a = random_bits >> 62
    rand_b = random_bits & ((1 << 62) - 1)
    value = (milliseconds << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b
    return f"{value:032x}"
