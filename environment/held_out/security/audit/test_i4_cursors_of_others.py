"""Cursors that the service didn't write lead through one's own trail, or nowhere."""

from __future__ import annotations

import base64
import json

import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant

RECORDS = "/api/audit/v1/records"
TIMES = (
    "'", "''", "\"", ";", "--", "/*", "%", "%s", "%(x)s", "{}", "\\", "$1", "2020-01-01T00:00:00.000000Z' OR 'a'='a",
    "x', 1) OR (tenant_id, sequence) > ('", "z'::text) IS NOT NULL OR ('a",
)  # fmt: skip


def cursor(*parts: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize("sort", ["time", "-time"])
def test_a_cursor_shows_nothing_that_the_list_does_not(tenant: Tenant, other_tenant: Tenant, sort: str) -> None:
    eventually(lambda: len(list(tenant.api.items(RECORDS))) >= 4)
    eventually(lambda: len(list(other_tenant.api.items(RECORDS))) >= 4)
    theirs = {record["hash"] for record in other_tenant.api.items(RECORDS)}
    for time in TIMES:
        params = {"sort": sort, "cursor": cursor(time, "1"), "limit": 1000}
        answer = tenant.api.get(RECORDS, params=params)
        if answer.status_code == 400:
            assert answer.json()["code"] == "invalid_cursor", time
            continue
        assert answer.status_code == 200, time
        shown = answer.json()["items"]
        assert theirs.isdisjoint(record["hash"] for record in shown), time
        expected = [record for record in shown if record["time"] > time] if sort == "time" else shown
        assert len(expected) == len(shown), time
        nobody = {**params, "actor": "nobody", "from": "2999-01-01T00:00:00Z"}
        assert tenant.api.ok("GET", RECORDS, 200, params=nobody)["items"] == [], time


def test_a_cursor_that_goes_on_within_one_instant_goes_by_the_place(tenant: Tenant) -> None:
    eventually(lambda: len(list(tenant.api.items(RECORDS))) >= 4)
    for record in tenant.api.items(RECORDS, sort="time"):
        key = cursor(record["time"], str(record["sequence"] - 1))
        for sort, follows in (("time", True), ("-time", False)):
            found = tenant.api.ok("GET", RECORDS, params={"sort": sort, "cursor": key, "limit": 1000})["items"]
            assert (record["sequence"] in [each["sequence"] for each in found]) is follows
