"""Work that must not grow with what is there, counted in database statements."""

from __future__ import annotations

from tests.support.api import Api, queries_of
from tests.support.identities import Tenant
from tests.support.networking import (
    ACLS,
    ADDRESSES,
    EVALUATE,
    GROUPS,
    VPCS,
    add_acl_rule,
    add_group_rule,
    create_subnet,
    create_vpc,
)


def queries(api: Api, path: str, **params: object) -> int:
    answer = api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return queries_of(answer)


def test_a_page_of_vpcs_is_one_query_however_many_there_are(tenant: Tenant) -> None:
    counts = []
    for number in range(3):
        create_vpc(tenant.api, f"10.{number}.0.0/16")
        counts.append(queries(tenant.api, VPCS))

    assert counts == [1, 1, 1]


def test_lists_of_firewalls_bring_their_rules_in_one_further_query(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    for number in range(3):
        acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": vpc["id"], "name": f"acl {number}"})
        add_acl_rule(tenant.api, acl, 100, "allow")
        group = tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": f"group {number}"})
        add_group_rule(tenant.api, group, cidr="0.0.0.0/0")

    assert [queries(tenant.api, path, limit=limit) for path in (ACLS, GROUPS) for limit in (1, 3)] == [2, 2, 2, 2]


def test_a_verdict_takes_as_many_queries_with_one_group_as_with_three(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    groups = [
        tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": f"group {number}"})["id"]
        for number in range(3)
    ]

    def judging(ids: list[str]) -> int:
        body = {"subnet_id": subnet["id"], "security_group_ids": ids, "peer": "192.0.2.1"}
        return queries_of(tenant.api.post(EVALUATE, json=body))

    assert judging(groups) == judging(groups[:1])


def test_making_a_vpc_takes_as_many_queries_beside_many_as_beside_none(tenant: Tenant) -> None:
    def making(number: int) -> int:
        answer = tenant.api.post(VPCS, json={"name": "vpc", "cidr": f"10.{number}.0.0/16"})
        assert answer.status_code == 201, answer.text
        return queries_of(answer)

    counts = [making(number) for number in range(4)]

    assert counts == [counts[0]] * 4


def test_handing_out_an_address_takes_as_many_queries_in_a_full_subnet_as_in_an_empty_one(tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api))

    counts = [queries_of(tenant.api.post(ADDRESSES, json={"subnet_id": subnet["id"]})) for _ in range(4)]

    assert counts == [counts[0]] * 4


def test_the_lowest_free_address_is_found_in_as_many_queries_wherever_it_lies(tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), "10.0.0.0/16")
    body = {"subnet_id": subnet["id"]}
    empty = tenant.api.post(ADDRESSES, json=body)
    for last in range(5, 20):
        tenant.api.ok("POST", ADDRESSES, 201, json={**body, "address": f"10.0.0.{last}"})
    behind = tenant.api.post(ADDRESSES, json=body)

    assert [answer.json()["address"] for answer in (empty, behind)] == ["10.0.0.4", "10.0.0.20"]
    assert queries_of(behind) == queries_of(empty)
