"""Policies judge an instance as it will be, whatever of that its order left to the platform."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import HOSTS, INSTANCES, ZONE, create_host, custom, dedicated, read
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table

pytestmark = pytest.mark.services("compliance")

POLICIES = "/api/compliance/v1/policies"
NOTHING_NAMED: dict[str, Any] = {}
ANOTHER_ZONE = "nimbus-eu-1b"
IN_A_ZONE = {"zone": ZONE}


def deny(tenant: Tenant, field: str, value: str) -> dict[str, Any]:
    body = {
        "name": f"none of this {field}",
        "effect": "deny",
        "actions": ["compute.instances.create"],
        "resource_types": ["instance"],
        "conditions": [{"field": field, "operator": "equals", "value": value}],
    }
    policy: dict[str, Any] = tenant.api.ok("POST", POLICIES, 201, json=body)
    return policy


@pytest.mark.parametrize(
    ("order", "field", "value"),
    [
        (IN_A_ZONE, "provider", "nimbus"),
        (IN_A_ZONE, "region", "nimbus-eu-1"),
        (NOTHING_NAMED, "region", "nimbus-eu-1"),
        (NOTHING_NAMED, "zone", ZONE),
        (custom("1.000"), "flavor", "custom"),
        (custom("1.000"), "vcpus", "1"),
    ],
    ids=["provider-of-a-zone", "region-of-a-zone", "region", "zone", "flavor-of-a-size", "vcpus-of-a-size"],
)
def test_what_a_policy_denies_is_not_made_though_its_order_does_not_say_it(
    operator: Api, tenant: Tenant, order: dict[str, Any], field: str, value: str
) -> None:
    # Given that all of the tenant's instances come to one host
    create_host(operator, tenant)
    policy = deny(tenant, field, value)
    # When an order becomes, on this host, what a policy denies
    problem = tenant.api.refused("POST", INSTANCES, 403, "policy_denied", json=dedicated(**order))
    # Then it is refused by what the instance would have been
    assert [each["policy_id"] for each in problem["violations"]] == [policy["id"]]
    assert list(tenant.api.items(INSTANCES)) == []
    # And one that nobody denies is asked about once
    tenant.api.ok("DELETE", f"{POLICIES}/{policy['id']}", 204)
    made = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**order))
    results = tenant.api.items("/api/compliance/v1/results", resource_type="instance")
    assert [each["resource_id"] for each in results if each["allowed"]] == [made["id"]]


def test_what_makes_room_for_itself_is_judged_by_where_it_comes_to(operator: Api, tenant: Tenant) -> None:
    # Given a host that is full of what gives way
    create_host(operator, tenant, millicores=1_000)
    guest = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(preemptible=True, **custom("1")))
    policy = deny(tenant, "zone", ZONE)
    # When an order would take its place, and a policy denies what it would become there
    tenant.api.refused("POST", INSTANCES, 403, "policy_denied", json=dedicated(**custom("1")))
    # Then nobody has given way
    assert read(tenant.api, guest["id"]) == guest
    tenant.api.ok("DELETE", f"{POLICIES}/{policy['id']}", 204)
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**custom("1")))


@pytest.mark.services("tenants")
def test_what_comes_elsewhere_than_it_was_asked_about_is_asked_about_anew(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    # Given an order that was allowed for the better of two hosts
    better = create_host(operator, tenant, millicores=8_000)
    create_host(operator, tenant, zone=ANOTHER_ZONE)
    deny(tenant, "zone", ANOTHER_ZONE)
    with ThreadPoolExecutor(1) as pool:
        with locked_table(fleet, "tenants", "quotas", database="tenants") as quotas:
            answer = pool.submit(tenant.api.post, INSTANCES, json=dedicated())
            quotas.wait_for_somebody()
            # When that host is closed while the order's quota is reserved
            operator.ok("PATCH", f"{HOSTS}/{better['id']}", json={"enabled": False})
        refused = answer.result()
    # Then it is judged by the other one
    assert (refused.status_code, refused.json()["code"]) == (403, "policy_denied"), refused.text
    assert list(tenant.api.items(INSTANCES)) == []
