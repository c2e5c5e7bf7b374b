"""Calls as they go over the wire: under somebody's identity, a key and a condition."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg2

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.calls.world import INTERNAL, PLATFORM, Call, Row, World
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.tables import PASSWORD

MUTATING = ("POST", "PUT", "PATCH", "DELETE")
DATABASES = {"tenants": "tenants", "billing": "billing", "audit": "audit"}
"""Services with a database of their own; the others share one."""


@dataclass(frozen=True)
class Sending:
    """How a call is sent besides what it is."""

    key: str | None = None
    if_match: str | None = None
    correlation: str | None = None
    tenant: str | None = None
    """Sent as X-Tenant-Id."""

    def headers(self) -> dict[str, str]:
        """Those that there are."""
        pairs = {
            "Idempotency-Key": self.key,
            "If-Match": self.if_match,
            "X-Correlation-Id": self.correlation,
            "X-Tenant-Id": self.tenant,
        }
        return {name: value for name, value in pairs.items() if value is not None}


def send(api: Api, service: str, operation: str, call: Call, how: Sending, **changed: Any) -> httpx.Response:
    """The answer; asked for again where only the rate of requests was refused, or the gateway has just lost sight of
    the service."""
    options: dict[str, Any] = {"headers": {**call.headers, **how.headers()}, "params": dict(call.params)}
    if call.json is not None:
        options["json"] = call.json
    if call.content is not None:
        options["content"] = call.content
    options.update(changed)

    def attempt() -> httpx.Response:
        answer = api.request(operation.partition(" ")[0], f"/api/{service}{call.target}", **options)
        passing = answer.status_code == 429 or (answer.status_code == 503 and b'"circuit_open"' in answer.content)
        assert not passing, answer.text
        return answer

    return eventually(attempt_of(attempt), 10.0)[0]


def attempt_of(attempt: Any) -> Any:
    """In a tuple, which is true whatever the answer is: a refusal counts as false by itself."""
    return lambda: (attempt(),)


def is_mutating(operation: str) -> bool:
    """Whether the method may change something."""
    return operation.partition(" ")[0] in MUTATING


def needs_of(service: str, operation: str, row: Row) -> str:
    """The permission, or the word in its place."""
    return row.needs or f"{service}:{'write' if is_mutating(operation) else 'read'}"


def rightful(world: World, row: Row, member: Api | None = None) -> Api:
    """Who may make a call: the operator where only operators may, else the tenant's administrator or `member`."""
    return world.operator if row.needs in (PLATFORM, INTERNAL) else member or world.api


def effects(bus: Bus, service: str, words: str) -> Counter[str]:
    """Correlation ids that begin so, with how many events of the service each led to."""
    found = bus.holding(f"{service}.events", words.encode())
    return Counter(str(event["correlationid"]) for event in found)


def connect(fleet: FleetControl, service: str) -> Any:
    """A connection to a service's database that sees the service's own tables."""
    name = DATABASES.get(service, "infra")
    host, port = fleet.address(f"{name}-db:5432")
    return psycopg2.connect(
        host=host,
        port=port,
        dbname=f"{name}_db",
        user="omnicloud",
        password=PASSWORD,
        options=f"-c search_path={service}",
    )
