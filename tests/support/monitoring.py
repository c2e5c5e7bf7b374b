"""Samples, rules and evaluations for tests, made through the public API.

Times lie a day back, where the background evaluation, which looks at the present, finds no data and changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tests.support.api import Api
from tests.support.clock import clock

MONITOR = "/api/monitor/v1"
RULES, ALERTS, SILENCES = f"{MONITOR}/alert-rules", f"{MONITOR}/alerts", f"{MONITOR}/silences"


@cache
def start() -> datetime:
    """When all stories of this run begin."""
    return clock.now().replace(microsecond=0) - timedelta(days=1)


def at(seconds: float) -> str:
    """A time that many seconds after the start of the story."""
    return (start() + timedelta(seconds=seconds)).isoformat()


def sample(seconds: float, value: float, name: str = "load", **labels: str) -> dict[str, Any]:
    """A sample as it is sent."""
    return {"name": name, "labels": labels, "value": value, "timestamp": at(seconds)}


def send(api: Api, *samples: dict[str, Any]) -> dict[str, Any]:
    """Send samples."""
    answer: dict[str, Any] = api.ok("POST", f"{MONITOR}/samples", json={"samples": list(samples)})
    return answer


def make_rule(api: Api, name: str = "busy", **fields: Any) -> dict[str, Any]:
    """A new rule: load > 5 unless told otherwise."""
    body = {"name": name, "metric": "load", "operator": ">", "threshold": 5, **fields}
    rule: dict[str, Any] = api.ok("POST", RULES, 201, json=body)
    return rule


def evaluate(api: Api, seconds: float) -> list[str]:
    """Evaluate all rules at a time of the story; what their alerts became."""
    answer = api.ok("POST", f"{MONITOR}/evaluate", json={"at": at(seconds)})
    return [transition["state"] for transition in answer["transitions"]]


def health(api: Api, seconds: float) -> str:
    """The health of the only rule after an evaluation."""
    [rule] = api.ok("POST", f"{MONITOR}/evaluate", json={"at": at(seconds)})["rules"]
    return str(rule["health"])


def points(api: Api, start: float, end: float, **params: Any) -> list[list[float]]:
    """The values of a range query, a list for each series."""
    query = {"name": "load", "start": at(start), "end": at(end), "step": 60, **params}
    series = api.ok("GET", f"{MONITOR}/query", params=query)["series"]
    return [[round(point["value"], 6) for point in each["points"]] for each in series]
