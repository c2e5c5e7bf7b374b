"""Further instances of a service, made up by a test: registered in Consul, answered by the test itself."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.support.api import TLS
from tests.support.fleet import FleetControl

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
BROKEN = {"status": 503, "code": "broken_instance", "title": "Broken", "detail": "this instance is broken"}


@dataclass
class FailingInstance:
    """An instance that is healthy by its own account and answers every request with 503."""

    requests: list[str] = field(default_factory=list)
    """The methods of the requests that it was asked, in order."""


@contextmanager
def failing_instance(fleet: FleetControl, service: str) -> Iterator[FailingInstance]:
    """A failing instance of a service beside the real one, registered until the block ends."""
    instance = FailingInstance()
    host, consul_port = fleet.address("consul:8500")
    own = _own_address(host, consul_port)
    server = ThreadingHTTPServer((own, 0), _handler(instance))
    threading.Thread(target=server.serve_forever, name="failing-instance", daemon=True).start()
    port = server.server_address[1]
    id = f"{service}-failing-{port}"
    with httpx.Client(
        base_url=f"http://{host}:{consul_port}", headers={"X-Consul-Token": _token()}, verify=TLS
    ) as consul:
        definition = {
            "Name": service,
            "ID": id,
            "Address": own,
            "Port": port,
            "Check": {"HTTP": f"http://{own}:{port}/healthz", "Interval": "1s", "Status": "passing"},
        }
        consul.put("/v1/agent/service/register", json=definition).raise_for_status()
        try:
            yield instance
        finally:
            consul.put(f"/v1/agent/service/deregister/{id}").raise_for_status()
            server.shutdown()
            server.server_close()


def _handler(instance: FailingInstance) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Healthy, and good for nothing."""

        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            """200 to probes, 503 to everything else."""
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            healthy = self.path == "/healthz"
            if not healthy:
                instance.requests.append(self.command)
            body = json.dumps({} if healthy else BROKEN).encode()
            self.send_response(200 if healthy else 503)
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            """Requests aren't news."""

    return Handler


def _own_address(host: str, port: int) -> str:
    """The address under which the fleet sees this process: the one that it calls Consul from."""
    with socket.create_connection((host, port), timeout=5.0) as connection:
        address: str = connection.getsockname()[0]
        return address


def _token() -> str:
    """The platform's token for Consul: the environment's, else the compose file's own."""
    default = re.search(r"CONSUL_SERVICE_TOKEN:-([0-9a-f-]+)", COMPOSE.read_text())
    return os.environ.get("CONSUL_SERVICE_TOKEN") or (default[1] if default else "")
