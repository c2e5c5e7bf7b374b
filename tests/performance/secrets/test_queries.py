"""Statements needed, not seconds."""

from tests.support.api import queries_of
from tests.support.identities import Tenant

SECRETS = "/api/secrets/v1/secrets"


def test_a_read_takes_one_statement(tenant: Tenant) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"a": "1"}})
    assert queries_of(tenant.api.get(f"{SECRETS}/app/db")) == 1


def test_a_list_takes_one_statement_whatever_its_length(tenant: Tenant) -> None:
    for number in range(4):
        tenant.api.ok("PUT", f"{SECRETS}/app/{number}", json={"data": {"a": "1"}})
    answers = [tenant.api.get(SECRETS, params={"limit": limit}) for limit in (1, 4)]
    assert [len(answer.json()["items"]) for answer in answers] == [1, 4]
    assert [queries_of(answer) for answer in answers] == [1, 1]
