"""What other services have said of a tenant, when the bus says it again, late or in another order."""

from __future__ import annotations

import os

import psycopg2

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.storing import make_bucket, put_object

TENANTS = "/api/tenants/v1/tenants"


def handled(fleet: FleetControl, event_id: str) -> bool:
    """Whether storage has handled an event, with its effect."""
    host, port = fleet.address("infra-db:5432")
    password = os.environ.get("POSTGRES_PASSWORD", "omnicloud-postgres")
    connection = psycopg2.connect(host=host, port=port, dbname="infra_db", user="omnicloud", password=password)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM storage.inbox WHERE event_id = %s", (event_id,))
            return cursor.fetchone() is not None
    finally:
        connection.close()


def test_a_suspension_that_comes_again_after_the_resumption_changes_nothing(
    fleet: FleetControl, tenant: Tenant, bus: Bus, anonymous: Api
) -> None:
    # Given a tenant that was suspended and resumed
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    body = {"method": "GET", "key": "a", "expires_in": 600}
    url = tenant.api.ok("POST", f"{bucket}/presigned-urls", 201, json=body)["url"]
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    eventually(lambda: anonymous.refused("GET", url, 403, "tenant_suspended"))
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/resume")
    assert eventually(lambda: anonymous.get(url).content == b"one")
    # When the event of its suspension is delivered again as a new one, as a replay of dead letters does it
    told = bus.of_subject("tenants.events", tenant.id, count=3)
    [suspended] = [event for event in told if event["type"] == "tenants.tenant.suspended"]
    late = {**suspended, "id": suspended["id"] + "-late"}
    bus.send("tenants.events", late)
    eventually(lambda: handled(fleet, late["id"]))
    # Then it is older than what is known, and nothing has changed
    assert anonymous.get(url).content == b"one"
    # And a suspension that is new holds
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    eventually(lambda: anonymous.refused("GET", url, 403, "tenant_suspended"))
