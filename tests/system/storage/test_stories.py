"""Volumes and the instances that use them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import INSTANCES, plan_fault
from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant
from tests.support.storing import STORAGE, make_volume
from tests.support.zones import quota

pytestmark = pytest.mark.services("compute")


def active_instance(tenant: Tenant) -> dict[str, Any]:
    body = {"name": "web", "flavor": "small"}
    created = tenant.api.ok("POST", INSTANCES, 201, json=body)

    def probe() -> dict[str, Any] | None:
        instance: dict[str, Any] = tenant.api.ok("GET", f"{INSTANCES}/{created['id']}")
        return instance if instance["state"] == "active" else None

    found = eventually(probe)
    assert found is not None
    return found


def test_a_volume_is_used_by_one_instance_in_its_zone_and_outlives_it(tenant: Tenant) -> None:
    # Given an instance and a volume in its zone
    instance = active_instance(tenant)
    volume = make_volume(tenant.api, zone=instance["placement"]["zone"])
    path = f"{STORAGE}/volumes/{volume['id']}"
    # When it is attached, then it can neither be deleted nor attached again
    attached = tenant.api.ok("POST", f"{path}/attach", json={"instance_id": instance["id"]})
    assert (attached["state"], attached["instance_id"]) == ("in_use", instance["id"])
    tenant.api.refused("DELETE", path, 409, "illegal_transition")
    tenant.api.refused("POST", f"{path}/attach", 409, "illegal_transition", json={"instance_id": instance["id"]})
    # When the instance is deleted, then the volume is free again
    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    free = eventually(lambda: (found := tenant.api.ok("GET", path))["state"] == "active" and found)
    assert free["instance_id"] is None
    tenant.api.ok("DELETE", path, 204)


def test_a_volume_is_not_attached_across_zones_nor_to_another_tenants_instance(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    instance = active_instance(tenant)
    other_zone = next(zone for zone in ("nimbus-eu-1a", "nimbus-eu-1b") if zone != instance["placement"]["zone"])
    elsewhere = make_volume(tenant.api, zone=other_zone)
    path = f"{STORAGE}/volumes/{elsewhere['id']}"
    tenant.api.refused("POST", f"{path}/attach", 409, "zone_mismatch", json={"instance_id": instance["id"]})
    assert tenant.api.ok("GET", path) == elsewhere
    theirs = make_volume(other_tenant.api, zone=instance["placement"]["zone"])
    path = f"{STORAGE}/volumes/{theirs['id']}"
    other_tenant.api.refused("POST", f"{path}/attach", 404, "not_found", json={"instance_id": instance["id"]})
    assert other_tenant.api.ok("GET", path) == theirs


def test_a_volume_is_not_attached_to_an_instance_that_is_being_deleted(operator: Api, tenant: Tenant) -> None:
    # Given an instance whose provider takes its time over the deletion, and a volume in its zone
    instance = active_instance(tenant)
    volume = make_volume(tenant.api, zone=instance["placement"]["zone"])
    plan_fault(operator, tenant, "destroy_node", "latency", latency_ms=5_000)
    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    # Then the volume stays free: nobody would take it from an instance whose end was heard before
    path = f"{STORAGE}/volumes/{volume['id']}"
    tenant.api.refused("POST", f"{path}/attach", 404, "not_found", json={"instance_id": instance["id"]})
    assert tenant.api.ok("GET", path) == volume


def test_what_many_clients_make_at_once_is_what_is_counted(operator: Api) -> None:
    # Given a tenant with room for twenty volumes
    tenant = create_tenant(operator, quotas={"volumes": 20})

    def make(number: int) -> int:
        """The answer to one client, which asks again, under its key, when it is told to."""
        api = tenant.api.with_headers(Idempotency_Key=f"volume-{number}")
        body = {"name": "data", "size_gib": 2, "zone": "nimbus-eu-1a"}
        return eventually(
            lambda: status if (status := api.post(f"{STORAGE}/volumes", json=body).status_code) < 500 else 0, 60.0
        )

    # When forty are asked for at once
    with ThreadPoolExecutor(40) as threads:
        answers = Counter(threads.map(make, range(40)))
    # Then no more than there is room for are there, the others were refused, and nothing is left reserved
    made = answers[201]
    assert answers == {201: made, 403: 40 - made}
    assert 0 < made <= 20
    assert len(list(tenant.api.items(f"{STORAGE}/volumes"))) == made
    counts = ("volumes", "storage_gib")
    eventually(lambda: [quota(tenant.operator, each) for each in counts] == [(made, 0), (2 * made, 0)], 30.0)
