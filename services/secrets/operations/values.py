"""Fresh values."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def random_value(length: int) -> str:
    """A random text of letters and digits, about 5.95 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
