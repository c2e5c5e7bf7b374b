"""Every refusal has the same shape (RFC 9457), whoever refuses."""

import pytest

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
def test_refusals_are_problem_details(tenant, method, path, status, code):
    problem = tenant.api.refused(method, path, status, code)
    assert problem.keys() >= MEMBERS
    assert problem["type"] == f"urn:omnicloud:problem:{code}"


def test_a_body_that_is_no_json_is_a_problem(tenant):
    answer = tenant.api.post("/api/tenants/v1/projects", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_metrics_label_requests_by_route_and_never_by_path(tenant, fleet):
    from tests.support.api import Api

    tenant.api.get("/api/tenants/v1/projects/p-unmistakable")
    text = Api(fleet.url).get("/metrics").text
    assert "p-unmistakable" not in text
    assert 'http_requests_total{method="GET",route="/api/{path:path}"' in text
