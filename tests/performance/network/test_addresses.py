"""Addresses of a subnet cost as much among sixty thousand as among two hundred (times in one run, compared)."""

from __future__ import annotations

from ipaddress import ip_network
from statistics import median
from time import perf_counter
from typing import Any

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.networking import ADDRESSES, SUBNETS, allocate, create_subnet, create_vpc
from tests.support.tables import execute

FILL = """
INSERT INTO network.addresses (
    id, tenant_id, version, created_at, updated_at, subnet_id, address, place, holder, metered_from, released_at, rested
)
SELECT %(subnet)s || '-' || place, %(tenant)s, 1, %(now)s, %(now)s, %(subnet)s,
    host(%(first)s::inet + place), place, NULL, NULL,
    CASE WHEN place %% 2 = 0 THEN %(now)s::timestamptz WHEN place > %(last)s - 60 THEN timestamptz 'epoch' END, false
FROM generate_series(5, %(last)s) AS place
"""
"""Every second address rests, thirty have rested, the others are held."""
MARK = "UPDATE network.subnets SET next_place = %(last)s + 1 WHERE id = %(subnet)s"


def filled(fleet: FleetControl, tenant: Tenant, subnet: dict[str, Any]) -> dict[str, Any]:
    """The subnet, in which no address was never handed out."""
    now = allocate(tenant.api, subnet)["created_at"]
    network = ip_network(subnet["cidr"])
    last = network.num_addresses - 2
    values = {
        "subnet": subnet["id"], "tenant": tenant.id, "first": str(network[0]), "last": last, "now": now
    }  # fmt: skip
    execute(fleet, FILL, values)
    execute(fleet, MARK, values)
    execute(fleet, "ANALYZE network.addresses", {})
    return subnet


def seconds(tenant: Tenant, subnet: dict[str, Any]) -> float:
    """How long one address takes to be handed out and taken back."""
    began = perf_counter()
    address = allocate(tenant.api, subnet)
    tenant.api.ok("DELETE", f"{ADDRESSES}/{address['id']}", 204)
    return perf_counter() - began


def test_an_address_of_a_full_16_costs_no_more_than_twice_one_of_a_24(tenant: Tenant, fleet: FleetControl) -> None:
    vpcs = [create_vpc(tenant.api, f"10.{number}.0.0/16") for number in (1, 2)]
    small = filled(fleet, tenant, create_subnet(tenant.api, vpcs[0], "10.1.0.0/24"))
    large = filled(fleet, tenant, create_subnet(tenant.api, vpcs[1], "10.2.0.0/16"))
    for subnet in (small, large):  # What has rested is noted once.
        seconds(tenant, subnet)

    times = [(seconds(tenant, small), seconds(tenant, large)) for _ in range(20)]

    assert median(large for _, large in times) <= 2 * median(small for small, _ in times), times


def test_an_address_before_sixty_thousand_that_were_asked_for_by_name_is_found_as_fast(
    tenant: Tenant, fleet: FleetControl
) -> None:
    vpc = create_vpc(tenant.api, "10.2.0.0/16")
    subnet = create_subnet(tenant.api, vpc, "10.2.0.0/16")
    last = 65_534
    values = {"subnet": subnet["id"], "tenant": tenant.id, "first": "10.2.0.0", "last": last, "now": vpc["created_at"]}
    execute(fleet, FILL, values)  # all but the first, which the mark stands at

    assert allocate(tenant.api, subnet)["address"] == "10.2.0.4"
    addresses = [allocate(tenant.api, subnet)["address"] for _ in range(15)]

    assert addresses == [f"10.2.255.{number}" for number in range(195, 225, 2)]


def test_a_subnet_goes_with_all_that_was_released_in_it(tenant: Tenant, fleet: FleetControl) -> None:
    subnet = filled(fleet, tenant, create_subnet(tenant.api, create_vpc(tenant.api, "10.2.0.0/16"), "10.2.0.0/16"))
    tenant.api.refused("DELETE", f"{SUBNETS}/{subnet['id']}", 409, "resource_in_use")
    release = "UPDATE network.addresses SET released_at = created_at WHERE subnet_id = %(subnet)s"
    execute(fleet, release, {"subnet": subnet["id"]})

    began = perf_counter()
    tenant.api.ok("DELETE", f"{SUBNETS}/{subnet['id']}", 204)

    assert perf_counter() - began < 10
