"""How long the fleet waits for its parts, in units of what a quiet machine needs."""

from __future__ import annotations

import math
import os

from environment.fleet.errors import FleetError

VARIABLE = "OMNICLOUD_PATIENCE"


def patience() -> float:
    """Factor on all waiting times of starts: 1 unless OMNICLOUD_PATIENCE says otherwise; 3 suits a machine with much
    other work. Raises FleetError when it isn't a positive number."""
    text = os.environ.get(VARIABLE) or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 0 < factor < math.inf:
        raise FleetError(
            f"{VARIABLE}={text} is no positive number", f"Use a factor, such as {VARIABLE}=3, or unset it."
        )
    return factor
