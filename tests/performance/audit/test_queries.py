"""Statements needed, not seconds."""

from tests.support.api import queries_of
from tests.support.eventually import eventually
from tests.support.identities import Tenant


def test_a_page_of_the_trail_takes_one_statement_whatever_its_size(tenant: Tenant) -> None:
    eventually(lambda: len(list(tenant.api.items("/api/audit/v1/records"))) >= 4)
    for limit in (1, 4, 1000):
        assert queries_of(tenant.api.get("/api/audit/v1/records", params={"limit": limit})) == 1
