"""The gateway carries requests to services and answers back."""

import select
from http.client import HTTPConnection

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.logs import request_lines


def test_a_request_reaches_its_service_and_the_answer_comes_back_whole(tenant: Tenant) -> None:
    answer = tenant.api.post("/api/tenants/v1/projects", json={"name": "Shop"})
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.json()["name"] == "Shop"


def test_query_strings_arrive_as_they_were_sent(tenant: Tenant) -> None:
    for name in ("One", "Two"):
        tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": name})
    answer = tenant.api.get("/api/tenants/v1/projects?limit=1&unused=a%2Fb%20c")
    assert [project["name"] for project in answer.json()["items"]] == ["One"]


def test_the_correlation_id_goes_there_and_back(tenant: Tenant) -> None:
    answer = tenant.api.get("/api/tenants/v1/projects", headers={"X-Correlation-Id": "order-42"})
    assert answer.headers.get_list("x-correlation-id") == ["order-42"]


def test_the_trace_goes_on_through_the_service(tenant: Tenant) -> None:
    trace = "1234567890abcdef1234567890abcdef"
    answer = tenant.api.get("/api/tenants/v1/projects", headers={"traceparent": f"00-{trace}-1234567890abcdef-01"})
    assert answer.headers.get_list("x-trace-id") == [trace]


def test_an_unknown_service_is_a_problem_with_its_own_code(tenant: Tenant) -> None:
    tenant.api.refused("GET", "/api/nothing/v1/x", 404, "no_route")


def test_services_internals_are_not_reachable_from_outside(tenant: Tenant) -> None:
    for path in ("/api/tenants/metrics", "/api/tenants/readyz", "/api/tenants/healthz"):
        tenant.api.refused("GET", path, 404, "no_route")


def test_a_repeated_request_with_its_key_has_one_effect_through_the_gateway(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": f"key-{tenant.id}"}
    first = tenant.api.post("/api/tenants/v1/projects", json={"name": "Once"}, headers=headers)
    second = tenant.api.post("/api/tenants/v1/projects", json={"name": "Once"}, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(list(tenant.api.items("/api/tenants/v1/projects"))) == 1


def test_the_same_key_with_another_request_is_refused(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": f"key-{tenant.id}"}
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "One"}, headers=headers)
    tenant.api.refused(
        "POST", "/api/tenants/v1/projects", 422, "idempotency_key_reused", json={"name": "Two"}, headers=headers
    )
    assert [project["name"] for project in tenant.api.items("/api/tenants/v1/projects")] == ["One"]


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(tenant: Tenant) -> None:
    headers = {"Expect": "100-continue"}
    answer = tenant.api.post("/api/tenants/v1/projects", json={"name": "Shop"}, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["name"] == "Shop"


def test_a_header_that_is_no_text_is_refused_and_one_in_utf_8_is_not(tenant: Tenant) -> None:
    for value, status in ((b"M\xfcller", 400), ("Müller".encode(), 200)):
        assert tenant.api.get("/api/tenants/v1/projects", headers={"X-Name": value}).status_code == status


@pytest.mark.services("tenants", "compute")
@pytest.mark.parametrize(
    ("service", "path"), [("tenants", "/api/tenants/v1/projects"), ("compute", "/api/compute/v1/instances")]
)
def test_a_request_is_found_in_the_logs_of_all_that_it_passed(
    tenant: Tenant, fleet: FleetControl, service: str, path: str
) -> None:
    trace, sent = "fedcba0987654321fedcba0987654321", f"find-{tenant.id}"
    headers = {"X-Correlation-Id": sent, "traceparent": f"00-{trace}-1234567890abcdef-01"}
    assert tenant.api.get(f"{path}?limit=7", headers=headers).status_code == 200

    for name in ("gateway", service):
        [line] = eventually(lambda name=name: request_lines(fleet, name, sent))  # type: ignore[misc]
        assert (line["status"], line["trace_id"], line["tenant_id"]) == (200, trace, tenant.id)
        assert line["milliseconds"] > 0
        assert "limit" not in line["path"]


@pytest.mark.services("tenants", "monitor")
@pytest.mark.parametrize("service", ["tenants:8002", "monitor:8011"])
def test_services_of_both_frameworks_keep_connections(fleet: FleetControl, service: str) -> None:
    connection = HTTPConnection(*fleet.address(service), timeout=10)
    connection.connect()
    kept = connection.sock
    for _ in range(3):
        connection.request("GET", "/problems/not_found")
        answer = connection.getresponse()
        assert answer.status == 200
        assert len(answer.read()) == int(answer.headers["content-length"])
        assert connection.sock is kept
    connection.close()


def test_an_idle_connection_is_kept_for_longer_than_clients_keep_theirs(fleet: FleetControl) -> None:
    """Of two ends that close at the same age, one closes now and then while the other asks: httpx does so at five
    seconds, as uvicorn does unless it is told otherwise."""
    connection = HTTPConnection(*fleet.address("gateway:8000"), timeout=10)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read()
    closed, _, _ = select.select([connection.sock], [], [], 6.0)
    assert not closed
    connection.close()


def test_health_names_each_dependency(fleet: FleetControl) -> None:
    report = Api(fleet.url).ok("GET", "/readyz", 200)
    assert report == {"status": "ready", "checks": {"consul": "ok", "redis": "ok"}}


COLLECTIONS = ("/api/tenants/v1/projects", "/api/compute/v1/instances", "/api/storage/v1/buckets", "/api/dns/v1/zones")
"""Of both frameworks."""


@pytest.mark.services("tenants", "compute", "storage", "dns")
@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_with_another_slash_is_another_path_and_names_no_host(tenant: Tenant, path: str, method: str) -> None:
    answer = tenant.api.request(method, f"{path}/", json={} if method == "POST" else None, follow_redirects=False)
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "location" not in answer.headers


@pytest.mark.services("tenants", "compute", "storage", "dns")
@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_allow_lists_the_methods_that_there_are(tenant: Tenant, path: str, method: str) -> None:
    """RFC 9110 §10.2.1: those that the resource supports, and no others."""
    answer = tenant.api.request(method, path, json=None if method == "DELETE" else {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed"), answer.text
    assert {"GET", "POST"} == set(answer.headers["allow"].replace(" ", "").split(",")) - {"HEAD", "OPTIONS"}
