"""However many paths are tried at a service, its metrics have no more series for it."""

import secrets

import pytest

from tests.support.api import Api
from tests.support.fleet import FleetControl

ADDRESSES = ("storage:8005", "deploy:8010", "tenants:8002", "audit:8013")
"""Two services of each framework."""


def routes(service: Api) -> set[str]:
    """The values of the label `route`."""
    lines = [line for line in service.get("/metrics").text.splitlines() if line.startswith("http_request")]
    return {line.split('route="', 1)[1].split('"', 1)[0] for line in lines if 'route="' in line}


@pytest.mark.parametrize(
    "address", [pytest.param(name, marks=pytest.mark.services(name.partition(":")[0])) for name in ADDRESSES]
)
def test_what_a_scan_looks_for_makes_no_series(fleet: FleetControl, address: str) -> None:
    host, port = fleet.address(address)
    service = Api(f"http://{host}:{port}")
    token = secrets.token_hex(8)
    for place in range(40):
        path = (f"/{token}/{place}", f"/v1/{token}.{place}", f"/.{token}{place}", f"/v1/{token}/a/b/{place}")[place % 4]
        for method in ("GET", "POST"):
            assert service.request(method, path).status_code == 404
    found = routes(service)
    assert "unmatched" in found
    assert [each for each in found if token in each] == []
