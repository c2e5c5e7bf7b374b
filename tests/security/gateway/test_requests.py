"""Bodies that don't come hold nothing of the gateway for long."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

PROJECTS = "/api/tenants/v1/projects"
UPLOAD = "/api/storage/v1/buckets/none-such/objects/large"
LARGEST = 256 * 2**20


def test_a_body_that_does_not_come_ends_with_the_requests_time_and_its_connection(
    tenant: Tenant, fleet: FleetControl
) -> None:
    place = urlsplit(fleet.url)
    head = (
        f"POST {PROJECTS} HTTP/1.1\r\n"
        f"Host: {place.netloc}\r\nAuthorization: Bearer {tenant.api.token}\r\n"
        "Content-Type: application/json\r\nX-Request-Deadline-Ms: 2000\r\nContent-Length: 1000\r\n\r\n{"
    ).encode()
    with ExitStack() as opened:
        connections = [
            opened.enter_context(socket.create_connection((place.hostname, place.port), 30)) for _ in range(20)
        ]
        for connection in connections:
            connection.sendall(head)
        for connection in connections:
            answer = b""
            while piece := connection.recv(65536):  # To its end, which the gateway makes.
                answer += piece
            assert answer.startswith(b"HTTP/1.1 504 ")
            assert b"deadline_exceeded" in answer


def upload_begun(tenant: Tenant, fleet: FleetControl) -> socket.socket:
    """A connection on which an upload of the largest size has begun; no more than its first byte comes."""
    place = urlsplit(fleet.url)
    connection = socket.create_connection((place.hostname, place.port), 30)
    head = (
        f"PUT {UPLOAD} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {tenant.api.token}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {LARGEST}\r\n\r\nx"
    )
    connection.sendall(head.encode())
    return connection


@pytest.mark.services("storage")
def test_one_tenants_uploads_leave_room_for_anothers(tenant: Tenant, other_tenant: Tenant, fleet: FleetControl) -> None:
    body = bytes(2**20)
    with ExitStack() as opened:
        for _ in range(4):
            opened.enter_context(upload_begun(tenant, fleet))
        eventually(lambda: tenant.api.put(UPLOAD, content=body).status_code == 429)
        refused = tenant.api.put(UPLOAD, content=body)
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("rate_limited", "1")
        assert tenant.api.get("/api/storage/v1/buckets").status_code == 200
        assert other_tenant.api.put(UPLOAD, content=body).status_code == 404
    eventually(lambda: tenant.api.put(UPLOAD, content=body).status_code == 404)


@pytest.mark.services("tenants")
def test_who_loses_access_while_a_body_comes_does_nothing_by_it(tenant: Tenant, fleet: FleetControl) -> None:
    place, body = urlsplit(fleet.url), b'{"name": "too late"' + b" " * 2**21 + b"}"
    head = (
        f"POST {PROJECTS} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {tenant.api.token}\r\n"
        f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    # Given a request whose last byte is missing
    with socket.create_connection((place.hostname, place.port), 60) as connection:
        connection.sendall(head.encode() + body[:-1])
        # When its tenant is suspended before that comes
        tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
        eventually(lambda: tenant.api.get(PROJECTS).status_code == 403)
        connection.sendall(body[-1:])
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    # Then it is refused as any other
    assert (answer[:13], b"tenant_suspended" in answer) == (b"HTTP/1.1 403 ", True)
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/resume")
    assert "too late" not in [each["name"] for each in tenant.operator.items(PROJECTS)]
