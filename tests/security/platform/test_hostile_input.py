"""Whatever a client sends becomes a value or a refusal: never a fault of the platform, and nobody else notices."""

from __future__ import annotations

import json
import os
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from httpx import Headers

from tests.support.api import Api
from tests.support.documents import Answered, Document
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.operations import Request, hostile_requests, operations_of

SERVICES = (
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy", "monitor",
    "billing", "audit", "compliance",
)  # fmt: skip
EXAMPLES = int(os.environ.get("OMNICLOUD_FUZZ_EXAMPLES", "4"))
"""Requests an operation; `make fuzz` sends hundreds."""
SEED = os.environ.get("OMNICLOUD_FUZZ_SEED", "omnicloud")
PROJECTS = "/api/tenants/v1/projects"
ZONES = "/api/dns/v1/zones"


def send(api: Api, request: Request) -> tuple[int, str, str]:
    """Status, media type and content of the answer: nothing of the request is mended on its way."""
    answer = answered(api, request)
    return answer.status, answer.media_type, answer.content.decode("utf-8", "replace")


def answered(api: Api, request: Request) -> Answered:
    """The whole answer to a request that goes over the wire as it is."""
    parts = urlsplit(api.url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    body = None if request.body is None else request.body.encode("utf-8", "surrogatepass")
    lines = [
        f"{request.method} {request.target} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Authorization: Bearer {api.token}",
        "Connection: close",
        *(["Content-Type: application/json", f"Content-Length: {len(body)}"] if body is not None else []),
        *(f"{name}: {value}" for name, value in request.headers),
    ]
    connection.connect()
    connection.sock.sendall("\r\n".join([*lines, "", ""]).encode("utf-8") + (body or b""))
    answer = connection.response_class(connection.sock, method=request.method)
    answer.begin()
    content = answer.read()
    connection.close()
    return Answered(answer.status, answer.headers.get("content-type", ""), content, Headers(answer.getheaders()))


@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_fails_whatever_it_is_sent(tenant: Tenant, service: str) -> None:
    document = tenant.api.ok("GET", f"/api/{service}/openapi.json", 200)
    operations = operations_of(service, document)
    assert operations
    promised = Document(document)
    faults, undocumented = [], []
    for operation in operations:
        for request in hostile_requests(operation, EXAMPLES, SEED):
            answer = answered(tenant.api, request)
            status, content = answer.status, answer.content.decode("utf-8", "replace")
            # A service may be full, or busy for a moment; it has no other excuse.
            if status >= 500 and not (status == 503 and '"busy"' in content):
                faults.append(f"{status} {str(request)[:400]} -> {content[:300]}")
            # A part of a path may make it a request for another path, where nothing is or no such method.
            complaints = [] if status in (404, 405) else promised.complaints(operation.method, operation.path, answer)
            undocumented += [f"{status} {str(request)[:400]} -> {each}: {content[:300]}" for each in complaints]
    assert not faults, "\n".join(faults)
    assert not undocumented, "\n".join(undocumented)


@pytest.mark.services("tenants", "compute")
@pytest.mark.parametrize("path", [PROJECTS, "/api/compute/v1/instances"])
@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/%00", "invalid_target"),
        ("/%E9", "invalid_target"),
        ("/a%09b", "invalid_target"),
        ("/100%", "invalid_target"),
        ("?limit=%00", "invalid_target"),
        ("/" + "x" * 6_000, "target_too_long"),
    ],
)
def test_what_is_no_text_is_refused_with_a_code_by_both_frameworks(
    tenant: Tenant, path: str, target: str, code: str
) -> None:
    status, media_type, content = send(tenant.api, Request("GET", path + target))
    assert status == (414 if code == "target_too_long" else 400)
    assert media_type.startswith("application/problem+json")
    assert f'"{code}"' in content


@pytest.mark.services("tenants", "compute")
@pytest.mark.parametrize("path", [PROJECTS, "/api/compute/v1/server-groups"])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ('"a\\u0000"', "invalid_text"),
        ('"\\ud800"', "invalid_text"),
        ("1e999", "invalid_number"),
        ("9007199254740993", "invalid_number"),
        ("NaN", "bad_request"),
        ("[" * 1_000 + "]" * 1_000, "bad_request"),
    ],
)
def test_json_that_could_not_come_back_is_refused_with_a_code_by_both_frameworks(
    tenant: Tenant, path: str, name: str, code: str
) -> None:
    status, _, content = send(tenant.api, Request("POST", path, body=f'{{"name": {name}}}'))
    assert (status, f'"{code}"' in content) == (400, True), content


@pytest.mark.services("billing", "compute", "dns", "loadbalancer", "secrets")
@pytest.mark.parametrize(
    "path",
    ["billing/v1/usage", "compute/v1/hosts", "dns/v1/zones", "loadbalancer/v1/load-balancers", "loadbalancer/v1/pools",
     "secrets/v1/secrets"],
)  # fmt: skip
def test_the_cursor_of_another_list_is_refused(tenant: Tenant, path: str) -> None:
    """It has a part more than these lists go by."""
    tenant.operator.refused("GET", f"/api/{path}", 400, "invalid_cursor", params={"cursor": "WyJhIiwgImIiXQ"})


@pytest.mark.services("tenants")
@pytest.mark.parametrize("value", ["²", "9" * 5_000, "-1", "soon"])
def test_a_deadline_that_is_no_number_is_refused(tenant: Tenant, value: str) -> None:
    status, _, content = send(tenant.api, Request("GET", PROJECTS, (("X-Request-Deadline-Ms", value),)))
    assert (status, '"invalid_header"' in content) == (400, True), content


@pytest.mark.services("tenants", "dns")
@pytest.mark.parametrize("path", [PROJECTS, ZONES])
@pytest.mark.parametrize("tag", ['W/"1"', '"' + "9" * 5_000 + '"', '"of-another-kind"', '"7"'])
def test_an_entity_tag_that_matches_nothing_changes_nothing(tenant: Tenant, path: str, tag: str) -> None:
    body = {"name": "shop"} if path == PROJECTS else {"name": f"{tenant.id.lower()}.example"}
    made = tenant.api.ok("POST", path, 201, json=body)
    change = {"name": "other"} if path == PROJECTS else {"refresh": 7_201}
    tenant.api.refused("PATCH", f"{path}/{made['id']}", 412, "version_conflict", json=change, headers={"If-Match": tag})
    assert tenant.api.ok("GET", f"{path}/{made['id']}", 200)["version"] == made["version"]


@pytest.mark.services("tenants")
def test_nobody_closes_a_service_to_others_by_requests_that_fail(
    tenant: Tenant, other_tenant: Tenant, anonymous: Api
) -> None:
    # Given one who sends the worst there is, without time and without a token, too
    hopeless = {"X-Request-Deadline-Ms": "0"}
    for _ in range(20):
        assert tenant.api.get(PROJECTS, headers=hopeless).status_code in (502, 503, 504)
        anonymous.get(PROJECTS, headers=hopeless)
        send(tenant.api, Request("POST", PROJECTS, body='{"name": "\\u0000"}'))
    # When others ask, then they are answered
    assert [other_tenant.api.get(PROJECTS).status_code for _ in range(20)] == [200] * 20


@pytest.mark.services("gateway", "tenants", "compute")
@pytest.mark.parametrize("service", ["gateway:8000", "tenants:8002", "compute:8003"])
def test_a_request_for_two_hosts_is_refused(fleet: FleetControl, service: str) -> None:
    address = fleet.address(service)
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == b"400"
    assert b"content-type: application/problem+json" in head.lower()
    problem = json.loads(content)
    assert (problem["status"], problem["instance"]) == (400, "/healthz")
    assert problem["code"] in ("invalid_header", "invalid_host")


@pytest.mark.services("tenants")
def test_a_saved_answer_is_for_who_may_make_the_request_now(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": f"key-{tenant.id}"}
    tenant.api.ok("POST", PROJECTS, 201, json={"name": "Secret plans"}, headers=headers)
    # Another person of the tenant, who may make no projects, doesn't get it; nor does one who may
    viewer, administrator = tenant.user("viewer"), tenant.user("tenant-admin")
    viewer.refused("POST", PROJECTS, 403, "forbidden", json={"name": "Secret plans"}, headers=headers)
    administrator.refused(
        "POST", PROJECTS, 422, "idempotency_key_reused", json={"name": "Secret plans"}, headers=headers
    )
