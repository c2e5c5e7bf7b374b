"""Bodies that don't come hold nothing of the gateway for long."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant


def test_a_body_that_does_not_come_ends_with_the_requests_time_and_its_connection(
    tenant: Tenant, fleet: FleetControl
) -> None:
    place = urlsplit(fleet.url)
    head = (
        "POST /api/tenants/v1/projects HTTP/1.1\r\n"
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
