"""Consul goes away and comes back; what it has in force is on record, whatever became of who published it."""

import hashlib
import json
import os
import secrets
from typing import Any

import httpx
import pytest

from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, login_operator

PUBLISH = "/api/config/v1/environments/prod/publish"
MANAGEMENT_TOKEN = os.environ.get("CONSUL_BOOTSTRAP_TOKEN", "b1f6b2a4-2c3d-4e5f-8a9b-7c6d5e4f3a2b")
CONSUL_TOKEN = os.environ.get("CONSUL_SERVICE_TOKEN", "6d3f5c1e-8a0b-4d6e-9f27-0c4b1e5a7d92")


def test_what_was_published_outlives_a_restart_of_consul(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 0}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    fleet.restart("consul")
    path, params = "/api/config/v1/effective", {"environment": "prod"}
    eventually(lambda: tenant.api.get(path, params=params).status_code == 200, timeout=20)
    assert tenant.api.ok("GET", path, params=params)["values"] == {"a": 0}
    eventually(lambda: tenant.api.post(PUBLISH, json={}).status_code == 201, timeout=20)


def test_a_publication_that_consul_does_not_take_never_happened(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 1}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 2}})
    _, port = fleet.address("consul:8500")
    fleet.stop("consul")
    refusal = tenant.api.refused("POST", PUBLISH, 503, json={})
    assert str(port) not in refusal["detail"], "what a caller is told names no address of the inside"
    fleet.start("consul")
    fleet.wait_healthy("consul")

    def revisions() -> list[int]:
        answer = tenant.api.get("/api/config/v1/environments/prod/history")
        return [item["revision"] for item in answer.json().get("items", [])]

    eventually(lambda: revisions() == [1], timeout=20)
    found = tenant.api.ok("GET", "/api/config/v1/effective", params={"environment": "prod"})
    assert (found["revision"], found["values"]) == (1, {"a": 1})


def put_in_force(tenant: Tenant, fleet: FleetControl, revision: int, values: dict[str, Any], key: str) -> None:
    """Leave in Consul what a publication under an idempotency key leaves there whose commit then fails."""
    host, port = fleet.address("consul:8500")
    digest = hashlib.sha256(f"{tenant.id}\x00{key}".encode()).hexdigest()
    # Its publisher's clock is far behind, so its identifier sorts before all others: the history goes by numbers.
    publication = {"id": f"rev-{0:016x}{secrets.token_hex(8)}", "published_by": "user:gone", "request": digest}
    document = {"environment": "prod", "revision": revision, "values": values, "publication": publication}
    answer = httpx.put(
        f"http://{host}:{port}/v1/kv/omnicloud/config/{tenant.id}/prod",
        content=json.dumps(document),
        headers={"X-Consul-Token": CONSUL_TOKEN},
    )
    assert answer.json() is True


def history(tenant: Tenant) -> list[tuple[int, dict[str, Any], str]]:
    items = tenant.operator.items("/api/config/v1/environments/prod/history")
    return [(item["revision"], item["values"], item["published_by"]) for item in items]


def test_what_is_in_force_gets_on_record_though_its_publisher_died(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"n": 1}})
    first = tenant.api.ok("POST", PUBLISH, 201, json={})
    put_in_force(tenant, fleet, 2, {"n": 2}, key="never repeated")
    recorded = [(1, {"n": 1}, first["published_by"]), (2, {"n": 2}, "user:gone")]
    eventually(lambda: history(tenant) == recorded, timeout=20)
    [environment] = tenant.api.items("/api/config/v1/environments")
    told = bus.of_subject("config.events", environment["id"], count=2)
    assert [(event["data"]["revision"], event["data"]["published_by"]) for event in told] == [
        (1, first["published_by"]),
        (2, "user:gone"),
    ]


def test_a_publication_whose_commit_failed_is_completed_by_its_repetition(tenant: Tenant, fleet: FleetControl) -> None:
    """The same key makes no third revision, whether the watch or the repetition comes first."""
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"n": 1}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    key = secrets.token_hex(8)
    put_in_force(tenant, fleet, 2, {"n": 2}, key)
    again = tenant.api.ok("POST", PUBLISH, 201, json={}, headers={"Idempotency-Key": key})
    assert (again["revision"], again["values"]) == (2, {"n": 2})
    assert [revision for revision, _, _ in history(tenant)] == [1, 2]


def test_a_key_that_is_kept_no_more_publishes_something_new(tenant: Tenant, fleet: FleetControl) -> None:
    """Keys are kept for 24 hours, as Stripe keeps its own; an answer from before that would be no success."""
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"n": 1}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    key = secrets.token_hex(8)
    put_in_force(tenant, fleet, 2, {"n": 2}, key)
    eventually(lambda: [revision for revision, _, _ in history(tenant)] == [1, 2], timeout=20)
    fleet.step_clock(24 * 3600 + 60)
    api = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"n": 3}})
    made = api.ok("POST", PUBLISH, 201, json={}, headers={"Idempotency-Key": key})
    assert (made["revision"], made["values"]) == (3, {"n": 3})


def test_the_watch_goes_on_after_consul_was_restarted(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"n": 1}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    fleet.restart("consul")
    eventually(lambda: tenant.api.post(PUBLISH, json={}).status_code == 201, timeout=20)
    put_in_force(tenant, fleet, 9, {"n": 9}, key="never repeated")
    eventually(lambda: [revision for revision, _, _ in history(tenant)][-1] == 9, timeout=25)


def test_the_watch_begins_anew_when_consul_was_restored_and_counts_from_a_smaller_index(
    tenant: Tenant, fleet: FleetControl
) -> None:
    # Given a snapshot of Consul, and many changes after it that the watch has seen
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"n": 1}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    host, port = fleet.address("consul:8500")
    with httpx.Client(base_url=f"http://{host}:{port}", headers={"X-Consul-Token": MANAGEMENT_TOKEN}) as consul:
        snapshot = consul.get("/v1/snapshot").raise_for_status().content
        for _ in range(50):
            put_in_force(tenant, fleet, 2, {"n": 2}, key="never repeated")
        eventually(lambda: [revision for revision, _, _ in history(tenant)] == [1, 2], timeout=20)
        # When it is restored
        consul.put("/v1/snapshot", content=snapshot).raise_for_status()
    # Then what changes is seen at once, not when a query's time is over
    for number in (3, 4, 5):
        put_in_force(tenant, fleet, number, {"n": number}, key="never repeated")
        eventually(lambda number=number: history(tenant)[-1][0] == number, timeout=6)  # type: ignore[misc]


@pytest.mark.services("tenants")
def test_what_a_request_leaves_behind_that_a_closing_overtook_goes_later(tenant: Tenant, fleet: FleetControl) -> None:
    """The operator's request stands for one of the tenant's own that began before it was closed."""
    flags = "/api/config/v1/flags"
    tenant.api.ok("PUT", f"{flags}/early", json={"enabled": True})
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(flags)) == [], timeout=20)
    tenant.operator.ok("PUT", f"{flags}/late", json={"enabled": True})
    fleet.step_clock(31)
    eventually(lambda: list(tenant.operator.items(flags)) == [], timeout=30)
