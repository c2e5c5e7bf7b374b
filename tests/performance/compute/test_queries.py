"""Work that must not grow with what is there, counted in database statements."""

from __future__ import annotations

import pytest

from tests.support.api import Api, queries_of
from tests.support.computing import HOSTS, INSTANCES, ZONE, create_host, dedicated
from tests.support.identities import Tenant

GROUPS = "/api/compute/v1/server-groups"


def queries(api: Api, path: str, **params: object) -> int:
    answer = api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return queries_of(answer)


def test_a_page_of_instances_is_one_query_however_many_there_are(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    with_one = queries(tenant.api, INSTANCES)
    for _ in range(2):
        tenant.api.ok("POST", INSTANCES, 201, json=dedicated())

    assert (with_one, queries(tenant.api, INSTANCES)) == (1, 1)


@pytest.mark.parametrize("limit", [1, 10, 40])
def test_a_page_of_hosts_takes_three_queries_of_any_length(operator: Api, limit: int) -> None:
    assert queries(operator, HOSTS, limit=limit) == 3


def test_server_groups_are_listed_with_their_members_in_two_queries(tenant: Tenant) -> None:
    for number in range(4):
        tenant.api.ok("POST", GROUPS, 201, json={"name": f"group {number}", "policy": "affinity"})

    assert [queries(tenant.api, GROUPS, limit=limit) for limit in (1, 4)] == [2, 2]


def test_placing_takes_as_many_queries_among_all_hosts_as_in_one_zone(operator: Api, tenant: Tenant) -> None:
    def placing(**where: str) -> int:
        answer = tenant.api.post(INSTANCES, json={"name": "vm", "flavor": "nano", "deferred_start": True, **where})
        assert answer.status_code == 201, answer.text
        return queries_of(answer)

    in_a_region, among_all = placing(region="nimbus-us-1"), placing()

    assert in_a_region == among_all
    assert placing(zone=ZONE) == among_all + 1, "one more to read the zone"


def test_reading_an_instance_is_one_query(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())

    assert queries(tenant.api, f"{INSTANCES}/{instance['id']}") == 1
