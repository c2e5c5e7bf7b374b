"""Subnets: inside their VPC, beside their siblings, in a zone of the catalogue."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.networking import SUBNETS, ZONE, create_subnet, create_vpc


def test_a_subnet_lies_inside_its_vpc_and_beside_its_siblings(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, "10.0.0.0/20")
    create_subnet(tenant.api, vpc, "10.0.0.0/24")

    for cidr, status, code in (
        ("10.0.0.128/25", 409, "cidr_overlap"),
        ("10.0.0.0/23", 409, "cidr_overlap"),
        ("10.0.16.0/24", 422, "subnet_outside_vpc"),
        ("10.0.1.0/29", 422, "prefix_length_refused"),
        ("10.0.1.1/24", 422, "invalid_cidr"),
    ):
        body = {"vpc_id": vpc["id"], "name": "s", "cidr": cidr, "zone": ZONE}
        tenant.api.refused("POST", SUBNETS, status, code, json=body)
    create_subnet(tenant.api, vpc, "10.0.1.0/24")

    assert [subnet["cidr"] for subnet in tenant.api.items(SUBNETS)] == ["10.0.0.0/24", "10.0.1.0/24"]


def test_a_zone_that_the_platform_does_not_have_is_refused(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)

    body = {"vpc_id": vpc["id"], "name": "s", "cidr": "10.0.0.0/24", "zone": "mars-north-1a"}
    tenant.api.refused("POST", SUBNETS, 422, "unknown_subnet_zone", json=body)

    assert list(tenant.api.items(SUBNETS)) == []
    create_subnet(tenant.api, vpc, "10.0.0.0/24", zone="cirrus-ap-1b")
