"""What a zone costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

RATES: Mapping[str, Decimal] = {"dns.zone_seconds": Decimal(1)}
"""Units a second by meter, from the zone's creation to its deletion."""
