"""Access lists and their rules."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.networking import ACLS, add_acl_rule, create_vpc


def test_a_number_is_taken_once_a_direction(tenant: Tenant) -> None:
    acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": create_vpc(tenant.api)["id"], "name": "acl"})
    rule = add_acl_rule(tenant.api, acl, 100, "allow")
    path = f"{ACLS}/{acl['id']}/rules"
    body = {"number": 100, "direction": "ingress", "action": "deny", "cidr": "0.0.0.0/0"}

    tenant.api.refused("POST", path, 409, "duplicate_rule", json=body)

    tenant.api.ok("DELETE", f"{path}/{rule['id']}", 204)
    assert tenant.api.ok("POST", path, 201, json=body)["action"] == "deny"
