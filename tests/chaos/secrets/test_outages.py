"""Vault goes away and comes back sealed: nothing is answered meanwhile, and it is opened again by itself.

And what got lost of the counting in tenants' quotas is found again.
"""

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import add_row
from tests.support.tables import locked_table, under_way

SECRETS = "/api/secrets/v1/secrets"
RESERVATIONS = "/api/tenants/v1/quota/reservations"
REOPENED_SECONDS = 20
REFUSED_KEY = """
INSERT INTO secrets.encryption_keys (id, tenant_id, name, key_version, version, created_at, updated_at)
VALUES ('key-' || %s, %s, '/../../../sys/mounts/secret', 1, 1, now(), now())
"""
"""Vault lets the service do nothing there."""
QUIET_SECONDS = 301
"""A younger claim may belong to a request that is still under way."""


def readable(tenant: Tenant, path: str) -> bool:
    return tenant.api.get(f"{SECRETS}/{path}").status_code == 200


def states(tenant: Tenant) -> dict[str, str]:
    listed = tenant.operator.items(RESERVATIONS)
    return {item["reservation_id"]: item["state"] for item in listed}


def test_after_a_restart_of_vault_secrets_are_readable_again(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": "kept"}})
    fleet.restart("vault")
    eventually(lambda: readable(tenant, "app/db"), timeout=REOPENED_SECONDS)
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["data"] == {"password": "kept"}


def test_after_a_crash_of_vault_the_service_becomes_ready_and_takes_writes_again(
    tenant: Tenant, fleet: FleetControl
) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": "one"}})
    fleet.kill("vault")
    body = {"data": {"password": "two"}}
    tenant.api.refused("PUT", f"{SECRETS}/app/db", 503, "secrets_unavailable", json=body)
    tenant.api.refused("GET", f"{SECRETS}/app/db", 503)
    fleet.start("vault")
    host, port = fleet.address("secrets:8008")
    service = Api(f"http://{host}:{port}")
    eventually(lambda: service.get("/readyz").status_code == 200, timeout=REOPENED_SECONDS)
    eventually(lambda: readable(tenant, "app/db"), timeout=REOPENED_SECONDS)
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["version"] == 1
    assert tenant.api.ok("PUT", f"{SECRETS}/app/db", json=body)["version"] == 2


def test_a_claim_that_no_event_settled_is_put_right_when_it_has_been_quiet_for_a_while(
    tenant: Tenant, fleet: FleetControl
) -> None:
    kept = tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": "kept"}})
    orphan = {"resource": "secrets", "amount": 1, "reservation_id": "sec-never-made.secrets"}
    tenant.operator.ok("POST", RESERVATIONS, 201, json=orphan)
    fleet.step_clock(QUIET_SECONDS)

    fleet.restart("secrets")  # it sweeps when it starts, and then every ten minutes
    fleet.wait_healthy("secrets")

    expected = {f"{kept['id']}.secrets": "committed", "sec-never-made.secrets": "released"}
    eventually(lambda: states(tenant) == expected, timeout=REOPENED_SECONDS, interval=0.2)


def test_a_first_write_that_failed_when_vault_had_it_is_no_version_to_build_upon(
    tenant: Tenant, fleet: FleetControl
) -> None:
    path, body = f"{SECRETS}/app/db", {"data": {"password": "one"}, "cas": 0}
    with locked_table(fleet, "secrets") as outbox, under_way(tenant.api, "PUT", path, json=body) as answer:
        outbox.wait_for_somebody()

        def ended() -> bool:
            outbox.end_who_waits()
            return answer.done()

        eventually(ended)
    assert answer.result() >= 500
    tenant.api.refused("GET", path, 404, "not_found")
    tenant.api.ok("PUT", path, json={"data": {"password": "two"}, "cas": 0})
    assert tenant.api.ok("GET", path)["data"] == {"password": "two"}
    tenant.api.refused("PUT", path, 412, "secret_version_conflict", json=body)


@pytest.mark.services("tenants")
def test_what_a_request_leaves_behind_that_a_closing_overtook_goes_later(tenant: Tenant, fleet: FleetControl) -> None:
    """The operator's request stands for one of the tenant's own that began before it was closed."""
    keys = "/api/secrets/v1/keys"
    tenant.api.ok("POST", keys, 201, json={"name": "early"})
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(keys)) == [], timeout=20)
    tenant.operator.ok("POST", keys, 201, json={"name": "late"})
    fleet.step_clock(31)
    eventually(lambda: list(tenant.operator.items(keys)) == [], timeout=30)


@pytest.mark.services("tenants")
def test_what_can_not_be_removed_of_a_closed_tenant_stops_the_removal_of_no_other(
    tenant: Tenant, other_tenant: Tenant, fleet: FleetControl
) -> None:
    keys = "/api/secrets/v1/keys"
    for each in (tenant, other_tenant):
        each.api.ok("POST", keys, 201, json={"name": "early"})
        each.operator.ok("POST", f"/api/tenants/v1/tenants/{each.id}/close")
        eventually(lambda each=each: list(each.operator.items(keys)) == [], timeout=20)  # type: ignore[misc]
    add_row(fleet, "secrets", REFUSED_KEY, tenant.id, tenant.id)
    try:
        other_tenant.operator.ok("POST", keys, 201, json={"name": "late"})
        fleet.step_clock(31)
        eventually(lambda: list(other_tenant.operator.items(keys)) == [], timeout=30)
        assert len(list(tenant.operator.items(keys))) == 1
    finally:
        add_row(fleet, "secrets", "DELETE FROM secrets.encryption_keys WHERE tenant_id = %s", tenant.id)
