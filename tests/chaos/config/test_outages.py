"""Consul goes away and comes back."""

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

PUBLISH = "/api/config/v1/environments/prod/publish"


def test_what_was_published_outlives_a_restart_of_consul(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 0}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    fleet.restart("consul")
    path, params = "/api/config/v1/effective", {"environment": "prod"}
    eventually(lambda: tenant.api.get(path, params=params).status_code == 200, timeout=20)
    assert tenant.api.ok("GET", path, params=params)["values"] == {"a": 0}
    eventually(lambda: tenant.api.post(PUBLISH, json={}).status_code == 201, timeout=20)


def test_a_publication_that_consul_does_not_take_never_happened(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 1}})
    tenant.api.ok("POST", PUBLISH, 201, json={})
    host, port = fleet.address("config:8009")
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 2}})
    fleet.stop("consul")
    tenant.api.refused("POST", PUBLISH, 503, json={})
    fleet.start("consul")
    eventually(lambda: Api(f"http://{host}:{port}").get("/readyz").status_code == 200, timeout=20)

    def revisions() -> list[int]:
        answer = tenant.api.get("/api/config/v1/environments/prod/history")
        return [item["revision"] for item in answer.json().get("items", [])]

    eventually(lambda: revisions() == [1], timeout=20)
    found = tenant.api.ok("GET", "/api/config/v1/effective", params={"environment": "prod"})
    assert (found["revision"], found["values"]) == (1, {"a": 1})
