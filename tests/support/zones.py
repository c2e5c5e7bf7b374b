"""Zones and record sets for tests, made through the public API."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api

ZONES = "/api/dns/v1/zones"
RESOLVE = "/api/dns/v1/resolve"


def make_zone(api: Api, name: str = "example.com", **timers: int) -> dict[str, Any]:
    """A new zone."""
    zone: dict[str, Any] = api.ok("POST", ZONES, 201, json={"name": name, **timers})
    return zone


def records_of(zone: dict[str, Any]) -> str:
    """The path of a zone's record sets."""
    return f"{ZONES}/{zone['id']}/records"


def record(name: str, kind: str, *values: str, ttl: int = 60) -> dict[str, Any]:
    """A record set as it is sent."""
    return {"name": name, "type": kind, "ttl": ttl, "values": list(values)}


def add_record(api: Api, zone: dict[str, Any], name: str, kind: str, *values: str, ttl: int = 60) -> dict[str, Any]:
    """A new record set."""
    made: dict[str, Any] = api.ok("POST", records_of(zone), 201, json=record(name, kind, *values, ttl=ttl))
    return made


def listed(api: Api, zone: dict[str, Any], limit: int = 200) -> list[tuple[str, str]]:
    """Name and type of every record set of a zone, over pages of `limit`."""
    return [(item["name"], item["type"]) for item in api.items(records_of(zone), limit=limit)]


def resolve(api: Api, name: str, kind: str = "A", region: str = "") -> dict[str, Any]:
    """The answer of the platform's name servers."""
    answer: dict[str, Any] = api.ok("GET", RESOLVE, params={"name": name, "type": kind, "region": region})
    return answer


def values(answer: dict[str, Any]) -> list[str]:
    """The values in an answer."""
    return [line["value"] for line in answer["answers"]]


def quota(api: Api, resource: str) -> tuple[int, int]:
    """What is used and what is reserved of a tenant's quota."""
    [found] = [each for each in api.ok("GET", "/api/tenants/v1/quotas")["items"] if each["resource"] == resource]
    return found["used"], found["reserved"]
