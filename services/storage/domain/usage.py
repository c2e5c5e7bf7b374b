"""What volumes are charged by, from their creation to their end."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

GIB_SECONDS = "storage.gib_seconds"


def rates(size_gib: int) -> Mapping[str, Decimal]:
    """Units a second by meter of a volume of that size, in use or not."""
    return {GIB_SECONDS: Decimal(size_gib)}
