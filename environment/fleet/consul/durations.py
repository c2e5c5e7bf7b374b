"""Go's durations, as Consul's API writes them."""

from __future__ import annotations

import re

from environment.fleet.consul.errors import BadRequest

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)")


def seconds(value: object, default: float = 0.0) -> float:
    """Seconds of "1m30s", or of a number of nanoseconds; `default` for nothing. Raises BadRequest."""
    if value is None or value == "":
        return default
    if isinstance(value, int | float):
        return value * 1e-9
    text = str(value)
    if text == "0":
        return 0.0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise BadRequest(f'Request decode failed: time: invalid duration "{text}"')
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))
