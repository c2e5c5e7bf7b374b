"""Flags that are made by several at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table

FLAG = "/api/config/v1/flags/new-ui"


@pytest.mark.parametrize("people", [2, 4])
def test_those_who_set_a_new_flag_at_once_follow_each_other(fleet: FleetControl, tenant: Tenant, people: int) -> None:
    with ThreadPoolExecutor(people) as threads:
        # Given some who have all found that there is no such flag yet
        with locked_table(fleet, "config", "flags") as table:
            bodies = [{"enabled": True, "percentage": 10 * number} for number in range(people)]
            asked = [threads.submit(tenant.api.put, FLAG, json=body) for body in bodies]
            eventually(lambda: len(table.waiting()) == people)
        # Then each sets it, one after the other, and it is one flag
        answers = [each.result() for each in asked]
    assert [answer.status_code for answer in answers] == [200] * people
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, people + 1))
    last = max((answer.json() for answer in answers), key=lambda flag: int(flag["version"]))
    assert tenant.api.ok("GET", FLAG) == last
