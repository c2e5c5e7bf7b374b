"""What compute puts on the wire: its document, its problems, its entity tags and its events."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.computing import FAULTS, INSTANCES, ZONE, create, create_host, dedicated, is_gone, read, running
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

TOPIC = "compute.events"


def test_the_document_describes_every_end_point_of_instances(fleet: FleetControl) -> None:
    host, port = fleet.address("compute:8003")
    document = Api(f"http://{host}:{port}").ok("GET", "/openapi.json")

    operations = {path: sorted(methods) for path, methods in document["paths"].items() if "instances" in path}
    assert operations == {
        "/v1/instances": ["get", "post"],
        "/v1/instances/{id}": ["delete", "get", "patch"],
        "/v1/instances/{id}/transitions": ["post"],
        "/v1/instances/{id}/stop": ["post"],
        "/v1/instances/{id}/start": ["post"],
        "/v1/instances/{id}/resize": ["post"],
        "/v1/instances/{id}/reset-state": ["post"],
        "/v1/instances/{id}/live-migrate": ["post"],
        "/v1/instances/{id}/migrate": ["post"],
        "/v1/instances/{id}/evacuate": ["post"],
    }
    instance = document["components"]["schemas"]["InstanceOut"]["properties"]
    assert instance["vcpus"]["type"] == "string"


def test_a_refusal_is_a_problem_with_a_stable_code(tenant: Tenant) -> None:
    answer = tenant.api.post(INSTANCES, json=dedicated(), headers={"X-Correlation-Id": "contract-1"})

    assert answer.status_code == 409
    problem = answer.json()
    assert {
        name: problem[name] for name in ("type", "status", "code", "instance", "correlation_id", "rejected_by")
    } == {
        "type": "/problems/no_valid_host",
        "status": 409,
        "code": "no_valid_host",
        "instance": "/v1/instances",
        "correlation_id": "contract-1",
        "rejected_by": "tenancy",
    }


def test_a_body_that_breaks_the_schema_names_its_fields(tenant: Tenant) -> None:
    def fields(**body: Any) -> list[str]:
        problem = tenant.api.refused("POST", INSTANCES, 422, "validation_failed", json=body)
        return [error["field"] for error in problem["errors"]]

    assert fields(flavor="nano") == ["body.name"]
    assert fields(name="vm", flavor="nano", cores=3) == ["body.cores"]
    assert fields(name="vm") == ["body"]
    assert fields(name="vm", size={"vcpus": "0.0001", "memory_mib": 16}) == ["body.size.vcpus"]
    assert list(tenant.api.items(INSTANCES)) == []


def test_names_that_are_in_no_catalogue_have_codes_of_their_own(tenant: Tenant) -> None:
    body = {"name": "vm", "flavor": "nano", "zone": ZONE}

    tenant.api.refused("POST", INSTANCES, 422, "unknown_flavor", json={**body, "flavor": "huge"})
    tenant.api.refused("POST", INSTANCES, 422, "unknown_zone", json={**body, "zone": "nimbus-eu-1z"})
    tenant.api.refused("POST", INSTANCES, 422, "unknown_image", json={**body, "image": "amiga-3.1"})

    assert list(tenant.api.items(INSTANCES)) == []


def test_a_stale_version_is_refused_and_the_tag_is_the_version(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    path = f"{INSTANCES}/{tenant.api.ok('POST', INSTANCES, 201, json=dedicated())['id']}"
    assert tenant.api.get(path).headers["etag"] == '"1"'

    changed = tenant.api.patch(path, json={"name": "second"}, headers={"If-Match": '"1"'})
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"name": "third"}, headers={"If-Match": '"1"'})

    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert tenant.api.ok("GET", path)["name"] == "second"


def test_an_instances_events_tell_its_life_in_order(tenant: Tenant, bus: Bus) -> None:
    created = tenant.api.post(
        INSTANCES, json={"name": "vm", "flavor": "nano", "zone": ZONE}, headers={"X-Correlation-Id": "contract-2"}
    ).json()
    events = bus.of_subject(TOPIC, created["id"], count=3)

    assert [(event["type"], event["sequence"]) for event in events] == [
        ("compute.instance.created", 1),
        ("compute.instance.state_changed", 2),
        ("compute.instance.state_changed", 3),
    ]
    assert [(event["data"].get("previous_state"), event["data"]["state"]) for event in events] == [
        (None, "pending"),
        ("pending", "provisioning"),
        ("provisioning", "active"),
    ]
    for event in events:
        assert (event["specversion"], event["source"], event["tenantid"]) == ("1.0", "omnicloud/compute", tenant.id)
        assert event["correlationid"] == "contract-2"
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", event["traceparent"])
    assert len({event["traceparent"].split("-")[1] for event in events}) == 1
    first = events[0]["data"]
    assert {name: first[name] for name in ("vcpus", "memory_mib", "disk_gib", "zone", "flavor")} == {
        "vcpus": "0.1",
        "memory_mib": 128,
        "disk_gib": 1,
        "zone": ZONE,
        "flavor": "nano",
    }


@pytest.mark.usefixtures("same_day")
def test_usage_is_told_in_exact_decimals_over_half_open_windows(tenant: Tenant, bus: Bus) -> None:
    instance = running(tenant.api)
    metered_from = read(tenant.api, instance["id"])["metered_from"]
    assert tenant.api.ok("POST", "/api/compute/v1/usage/flush") == {"recorded": 2}

    def is_ours(event: dict[str, Any]) -> bool:
        return bool(event["type"] == "compute.usage.recorded" and event["data"]["resource_id"] == instance["id"])

    usage = {event["data"]["meter"]: event["data"] for event in bus.events(TOPIC, is_ours, count=2)}

    assert set(usage) == {"compute.vcpu_seconds", "compute.memory_mib_seconds"}
    for record in usage.values():
        assert record["source"] == "compute"
        assert record["started_at"].removesuffix("+00:00") == metered_from.removesuffix("Z")
        assert re.fullmatch(r"\d+(\.\d+)?", record["quantity"])


def test_a_deleted_instances_last_event_is_its_end(tenant: Tenant, bus: Bus) -> None:
    instance = create(tenant.api)
    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    is_gone(tenant.api, instance["id"])

    def is_end(event: dict[str, Any]) -> bool:
        return bool(event["type"] == "compute.instance.deleted" and event["subject"] == instance["id"])

    assert bus.events(TOPIC, is_end)[0]["data"] == {"id": instance["id"], "name": "vm", "quota_key": instance["id"]}


def test_a_resize_tells_its_end_before_the_state_in_which_the_instance_goes_on(tenant: Tenant, bus: Bus) -> None:
    instance = running(tenant.api)
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "micro"})

    *_, end, resumed = bus.of_subject(TOPIC, instance["id"], count=6)

    assert (end["type"], end["sequence"]) == ("compute.instance.resize_ended", 5)
    told = end["data"]
    assert re.fullmatch(rf"{instance['id']}\.size-[0-9a-f]{{32}}", told.pop("quota_key"))
    assert told == {
        "id": instance["id"],
        "flavor": "micro",
        "vcpus": "0.25",
        "memory_mib": 512,
        "disk_gib": 4,
        "error": None,
        "dropped_quota_key": instance["id"],
    }
    assert (resumed["type"], resumed["sequence"]) == ("compute.instance.state_changed", 6)
    assert (resumed["data"]["previous_state"], resumed["data"]["state"]) == ("updating", "active")


def test_every_mutating_operation_on_what_exists_takes_a_condition(fleet: FleetControl) -> None:
    host, port = fleet.address("compute:8003")
    document = Api(f"http://{host}:{port}").ok("GET", "/openapi.json")

    unconditional = {
        f"{method} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "get"
        and not any(parameter["name"].lower() == "if-match" for parameter in operation.get("parameters", ()))
    }

    assert unconditional == {
        "post /v1/instances",
        "post /v1/server-groups",
        "post /v1/hosts",
        "post /v1/drills/faults",
        "post /v1/usage/flush",
    }, "what makes something new has nothing to compare with"


def test_a_stale_condition_stops_every_operation_on_an_instance(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    path = f"{INSTANCES}/{instance['id']}"
    stale = {"If-Match": '"7"'}

    for method, action, body in (
        ("POST", "/transitions", {"target": "provisioning"}),
        ("POST", "/stop", None),
        ("POST", "/start", None),
        ("POST", "/resize", {"flavor": "small"}),
        ("POST", "/reset-state", {"state": "failed"}),
        ("POST", "/live-migrate", {}),
        ("POST", "/migrate", {}),
        ("POST", "/evacuate", {}),
        ("PATCH", "", {"name": "other"}),
        ("DELETE", "", None),
    ):
        tenant.operator.refused(method, f"{path}{action}", 412, "version_conflict", json=body, headers=stale)

    assert read(tenant.api, instance["id"]) == instance


def test_a_group_and_a_fault_that_changed_since_are_not_removed(operator: Api, tenant: Tenant) -> None:
    group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json={"name": "g", "policy": "affinity"})
    path = f"/api/compute/v1/server-groups/{group['id']}"
    tenant.api.refused("DELETE", path, 412, "version_conflict", headers={"If-Match": '"2"'})
    tenant.api.ok("DELETE", path, 204, headers={"If-Match": '"1"'})

    order = {"operation": "create_node", "kind": "latency", "tenant_id": tenant.id, "remaining": 2}
    fault = operator.ok("POST", FAULTS, 201, json=order)
    running(tenant.api)
    operator.refused("DELETE", f"{FAULTS}/{fault['id']}", 412, "version_conflict", headers={"If-Match": '"1"'})
    operator.ok("DELETE", f"{FAULTS}/{fault['id']}", 204, headers={"If-Match": '"2"'})


def test_a_move_is_told_from_its_start_to_its_end(operator: Api, tenant: Tenant, bus: Bus) -> None:
    hosts = {create_host(operator, tenant)["id"] for _ in range(2)}
    instance = running(tenant.api, tenancy="dedicated")
    source = instance["placement"]["host_id"]
    (dest,) = hosts - {source}
    tenant.operator.ok("POST", f"{INSTANCES}/{instance['id']}/live-migrate", 202, json={})

    *_, leaving, arrived = bus.of_subject(TOPIC, instance["id"], count=5)
    assert [(event["data"]["previous_state"], event["data"]["state"]) for event in (leaving, arrived)] == [
        ("active", "migrating"),
        ("migrating", "active"),
    ]
    assert (leaving["data"]["host_id"], arrived["data"]["host_id"]) == (source, dest)

    (move,) = tenant.operator.items("/api/compute/v1/migrations", instance_id=instance["id"])
    started, ended = bus.of_subject(TOPIC, move["id"], count=2)
    facts = {"id": move["id"], "instance_id": instance["id"], "source_host": source, "dest_host": dest, "error": None}
    told = {**facts, "kind": "live-migration"}
    assert (started["type"], started["sequence"], started["tenantid"]) == ("compute.migration.started", 1, tenant.id)
    assert started["data"] == {**told, "status": "running"}
    assert (ended["type"], ended["sequence"]) == ("compute.migration.ended", 2)
    assert ended["data"] == {**told, "status": "completed"}
