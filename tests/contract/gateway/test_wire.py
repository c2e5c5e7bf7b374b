"""Every refusal has the same shape (RFC 9457), whoever refuses."""

import secrets

import httpx
import pytest

from tests.support.api import TLS, Api
from tests.support.fleet import ROUTED, FleetControl
from tests.support.identities import Tenant

ADDRESSES = (
    "gateway:8000", "auth:8001", "tenants:8002", "compute:8003", "network:8004", "storage:8005", "dns:8006",
    "loadbalancer:8007", "secrets:8008", "config:8009", "deploy:8010", "monitor:8011", "billing:8012", "audit:8013",
    "compliance:8014",
)  # fmt: skip
MEMBERS = {"type", "title", "status", "detail", "code", "instance", "correlation_id"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/none/v1/x", 404, "no_route"),
        ("GET", "/api/tenants/v1/projects/p-none", 404, "not_found"),
        ("GET", "/api/tenants/v1/nothing", 404, "not_found"),
        ("DELETE", "/api/tenants/v1/quotas", 405, "method_not_allowed"),
        ("GET", "/api/tenants/v1/projects?limit=0", 400, "invalid_limit"),
        ("GET", "/api/tenants/v1/projects?cursor=x", 400, "invalid_cursor"),
    ],
)
def test_refusals_are_problem_details(tenant: Tenant, method: str, path: str, status: int, code: str) -> None:
    problem = tenant.api.refused(method, path, status, code)
    assert problem.keys() >= MEMBERS
    assert problem["type"] == f"/problems/{code}"


@pytest.mark.parametrize("service", [pytest.param(name, marks=pytest.mark.services(name)) for name in sorted(ROUTED)])
def test_a_problems_type_is_explained_at_the_gateway(tenant: Tenant, fleet: FleetControl, service: str) -> None:
    problem = tenant.api.refused("GET", f"/api/{service}/v1/nothing-of-the-kind", 404)
    explained = httpx.get(httpx.URL(fleet.url).join(problem["type"]), trust_env=False, verify=TLS).json()
    assert explained.keys() == {"code", "status", "title", "explanation"}
    assert (explained["code"], explained["status"], explained["title"]) == (problem["code"], 404, problem["title"])


@pytest.mark.parametrize(
    "address", [pytest.param(name, marks=pytest.mark.services(name.partition(":")[0])) for name in ADDRESSES]
)
def test_every_service_explains_the_codes_to_everybody(fleet: FleetControl, address: str) -> None:
    host, port = fleet.address(address)
    with httpx.Client(
        base_url=f"http://{host}:{port}", headers={"Host": "localhost"}, trust_env=False, verify=TLS
    ) as client:
        listed = client.get("/problems").json()["items"]
        one = client.get("/problems/quota_exceeded")
        unknown = client.get("/problems/nonsense")
    assert one.json() in listed
    assert (one.status_code, one.json()["code"], one.json()["status"]) == (200, "quota_exceeded", 403)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert unknown.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_no_json_is_a_problem(tenant: Tenant) -> None:
    answer = tenant.api.post("/api/tenants/v1/projects", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_metrics_label_requests_by_route_and_never_by_path(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.get("/api/tenants/v1/projects/p-unmistakable")
    text = Api(fleet.url).get("/metrics").text
    assert "p-unmistakable" not in text
    assert 'http_requests_total{method="GET",route="/api/{path:path}"' in text


@pytest.mark.parametrize(
    "address",
    [pytest.param(name, marks=pytest.mark.services(name.partition(":")[0])) for name in ("compute:8003", "dns:8006")],
)
def test_paths_that_nobody_serves_are_counted_together(tenant: Tenant, fleet: FleetControl, address: str) -> None:
    """Whoever looks for what isn't there makes no new series: one service of each framework."""
    names = [f"p-{secrets.token_hex(8)}" for _ in range(3)]
    for name in names:
        path = f"/api/{address.partition(':')[0]}/v1/{name}"
        tenant.api.refused("GET", path, 404, "not_found")
    host, port = fleet.address(address)
    text = Api(f"http://{host}:{port}").get("/metrics").text
    assert 'http_requests_total{method="GET",route="unmatched",status="404"}' in text
    assert [name for name in names if name in text] == []


@pytest.mark.parametrize("path", ["/api/tenants/v1/projects", "/api/tenants/openapi.json", "/api/auth/v1/me"])
def test_head_is_answered_as_get_without_the_content(tenant: Tenant, path: str) -> None:
    got = tenant.api.get(path)
    for _ in range(5):
        head = tenant.api.request("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == got.headers["content-length"]
        assert tenant.api.get(path).content == got.content
