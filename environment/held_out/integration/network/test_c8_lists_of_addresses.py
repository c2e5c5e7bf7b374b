"""Lists of addresses, narrowed and whole, in any order and by anybody."""

from __future__ import annotations

from itertools import permutations

from tests.support.identities import Tenant
from tests.support.networking import ADDRESSES, allocate, create_subnet, create_vpc


def test_a_list_shows_what_was_asked_for_whatever_was_asked_before(tenant: Tenant, other_tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnets = [create_subnet(tenant.api, vpc, f"10.0.{number}.0/28")["id"] for number in range(2)]
    held = [allocate(tenant.api, {"id": subnet})["id"] for subnet in subnets]
    expected = {subnets[0]: held[:1], subnets[1]: held[1:], "": held, "subnet-nowhere": []}

    for asked in permutations(expected):
        for subnet in asked:
            params = {"subnet_id": subnet} if subnet else {}
            assert list(other_tenant.api.items(ADDRESSES, **params)) == []
            unread = {"subnet_id": subnets[0], "cursor": "nonsense"}
            other_tenant.api.refused("GET", ADDRESSES, 400, "invalid_cursor", params=unread)
            unread = {"subnet_id": subnets[0], "cursor": "WyJhIiwgImIiXQ"}
            other_tenant.api.refused("GET", ADDRESSES, 400, "invalid_cursor", params=unread)
            assert [each["id"] for each in tenant.api.items(ADDRESSES, **params)] == expected[subnet], asked
