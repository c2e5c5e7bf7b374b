"""Statements needed, not seconds."""

from tests.support.api import queries_of
from tests.support.identities import Tenant

PROD = "/api/config/v1/environments/prod"


def test_a_page_of_the_history_takes_as_many_statements_for_many_as_for_one(tenant: Tenant) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 1}})
    for _ in range(4):
        tenant.api.ok("POST", f"{PROD}/publish", 201, json={})
    answers = [tenant.api.get(f"{PROD}/history", params={"limit": limit}) for limit in (1, 4)]
    assert [len(answer.json()["items"]) for answer in answers] == [1, 4]
    assert [queries_of(answer) for answer in answers] == [2, 2]


def test_reading_a_configuration_asks_the_database_nothing(tenant: Tenant) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 1}})
    tenant.api.ok("POST", f"{PROD}/publish", 201, json={})
    answer = tenant.api.get("/api/config/v1/effective", params={"environment": "prod"})
    assert (answer.json()["values"], queries_of(answer)) == ({"a": 1}, 0)
