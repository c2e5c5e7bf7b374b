"""The last room of a host is given out once, whichever resource it is short of."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import INSTANCES, ZONE, at_once, create_host, custom, dedicated, used_of
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant


@pytest.mark.parametrize(
    ("scarce", "size", "room"),
    [
        ({"memory_mib": 256}, ("0.1", 100, 1), 2),
        ({"disk_gib": 25}, ("0.1", 16, 20), 1),
        ({"max_instances": 3}, ("0.1", 16, 1), 3),
    ],
)
def test_who_was_overtaken_looks_again(
    operator: Api,
    tenant: Tenant,
    fleet: FleetControl,
    scarce: dict[str, Any],
    size: tuple[str, int, int],
    room: int,
) -> None:
    host = create_host(operator, tenant, **scarce)
    order = partial(tenant.api.post, INSTANCES, json=dedicated(**custom(*size)))

    answers = [answer.status_code for answer in at_once(fleet, *[order] * 5)]

    assert sorted(answers) == [201] * room + [409] * (5 - room)
    vcpus, memory, disk = size
    assert used_of(operator, host["id"]) == {
        "vcpu": room * round(1_000 * float(vcpus)),
        "memory_mib": room * memory,
        "disk_gib": room * disk,
        "instances": room,
    }


def test_orders_that_name_the_place_in_other_words_share_its_room(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    host = create_host(operator, tenant, memory_mib=128)
    places: list[dict[str, str]] = [{}, {"zone": ZONE}, {"provider": "nimbus"}]

    asked = at_once(fleet, *[partial(tenant.api.post, INSTANCES, json=dedicated(**place)) for place in places])

    assert sorted(answer.status_code for answer in asked) == [201, 409, 409]
    assert used_of(operator, host["id"])["memory_mib"] == 128
