"""What services have written into their logs."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fleet import FleetControl

LINES = 2000


def told(fleet: FleetControl, service: str, *words: str) -> list[str]:
    """The last lines of a service's log, as far as they hold all of the words."""
    return [line for line in fleet.logs(service, LINES) if all(word in line for word in words)]


def request_lines(fleet: FleetControl, service: str, correlation_id: str) -> list[dict[str, Any]]:
    """What a service has told of the requests that it answered under a correlation id."""
    found = [json.loads(line) for line in told(fleet, service, correlation_id, '"request"')]
    return [line for line in found if line["event"] == "request" and line["correlation_id"] == correlation_id]
