"""Volumes and the instances that use them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.storing import STORAGE, make_volume

pytestmark = pytest.mark.services("compute")
INSTANCES = "/api/compute/v1/instances"


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
    elsewhere = make_volume(tenant.api, zone="another-zone")
    path = f"{STORAGE}/volumes/{elsewhere['id']}"
    tenant.api.refused("POST", f"{path}/attach", 409, "zone_mismatch", json={"instance_id": instance["id"]})
    assert tenant.api.ok("GET", path) == elsewhere
    theirs = make_volume(other_tenant.api, zone=instance["placement"]["zone"])
    path = f"{STORAGE}/volumes/{theirs['id']}"
    other_tenant.api.refused("POST", f"{path}/attach", 404, "not_found", json={"instance_id": instance["id"]})
    assert other_tenant.api.ok("GET", path) == theirs
