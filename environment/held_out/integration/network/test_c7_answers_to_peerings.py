"""Who answers a peering: the other side, with yes or no, and nobody else."""

from __future__ import annotations

import pytest

from tests.support.identities import Tenant
from tests.support.networking import PEERINGS, create_vpc


@pytest.mark.parametrize("answer", ["accept", "reject"])
def test_who_asked_can_only_take_it_back(tenant: Tenant, other_tenant: Tenant, answer: str) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.1.0.0/16")
    request = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    path = f"{PEERINGS}/{tenant.api.ok('POST', PEERINGS, 201, json=request)['id']}"

    for asking in (tenant.api, tenant.operator, tenant.user("member")):
        asking.refused("POST", f"{path}/{answer}", 404, "peering_not_found")
        assert other_tenant.api.ok("GET", path)["state"] == "pending_acceptance"

    expected = {"accept": "active", "reject": "rejected"}[answer]
    assert other_tenant.user("member").ok("POST", f"{path}/{answer}")["state"] == expected
    assert tenant.api.ok("GET", path)["state"] == expected
