"""Services answer to their own names only: under any other host a request is refused before anything looks at it."""

import httpx
import pytest

from tests.support.api import TLS
from tests.support.fleet import FleetControl

ADDRESSES = {
    "gateway": "gateway:8000",
    "auth": "auth:8001",
    "tenants": "tenants:8002",
    "compute": "compute:8003",
    "storage": "storage:8005",
}


def ask(fleet: FleetControl, service: str, host: str) -> httpx.Response:
    """A liveness probe of a service, past the gateway and under a host name of one's choice."""
    name, port = fleet.address(ADDRESSES[service])
    return httpx.get(f"http://{name}:{port}/healthz", headers={"Host": host}, timeout=30.0, trust_env=False, verify=TLS)


@pytest.mark.services("gateway", "auth", "tenants", "compute", "storage")
@pytest.mark.parametrize("service", list(ADDRESSES))
def test_a_service_answers_under_the_name_that_others_call_it_by(fleet: FleetControl, service: str) -> None:
    assert ask(fleet, service, f"{service}.service.consul").status_code == 200


@pytest.mark.services("gateway", "auth", "tenants", "compute", "storage")
@pytest.mark.parametrize("service", list(ADDRESSES))
@pytest.mark.parametrize("host", ["evil.example", "compute.service.consul.evil.example", "service-consul"])
def test_a_request_for_another_host_is_refused(fleet: FleetControl, service: str, host: str) -> None:
    answer = ask(fleet, service, host)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "invalid_host"
