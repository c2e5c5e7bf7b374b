"""A real HAProxy starts with what is rendered for it, and shares traffic out as the platform says it does."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.balancing import BALANCERS, POOLS
from tests.support.identities import Tenant
from tests.support.tools import daemon, free_ports, run, tool

pytestmark = [pytest.mark.services("loadbalancer"), pytest.mark.timeout(400)]
"""Longer than a tool may take."""

SOURCE = "Debian's haproxy"
ALGORITHMS = ("round_robin", "least_connections", "consistent_hash")


class Backend(BaseHTTPRequestHandler):
    """Answers with its own port."""

    def do_GET(self) -> None:
        content = str(self.server.server_port).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Requests aren't news."""


@contextmanager
def backends(number: int) -> Iterator[list[int]]:
    """So many servers; their ports."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Backend) for _ in range(number)]
    for server in servers:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield [server.server_port for server in servers]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def make_pool(api: Api, weights: dict[int, int], drained: int | None = None, **fields: Any) -> str:
    """A pool with a backend for each port, of that weight; the one that is drained takes nobody new."""
    pool = api.ok("POST", POOLS, 201, json={"name": "web", **fields})
    for place, (port, weight) in enumerate(weights.items()):
        body = {"address": f"10.0.0.{place + 1}", "port": port, "weight": weight}
        made = api.ok("POST", f"{POOLS}/{pool['id']}/backends", 201, json=body)
        if port == drained:
            path = f"{POOLS}/{pool['id']}/backends/{made['id']}"
            api.ok("PATCH", path, json={"state": "draining"}, headers={"If-Match": f'"{made["version"]}"'})
    return str(pool["id"])


def make_balancer(api: Api, pool: str, listeners: dict[int, str]) -> str:
    """A load balancer with listeners on these ports that lead to the pool; its id."""
    body = {
        "name": "front",
        "listeners": [{"port": port, "protocol": spoken, "pool_id": pool} for port, spoken in listeners.items()],
    }
    return str(api.ok("POST", BALANCERS, 201, json=body)["id"])


def rendered(api: Api, balancer: str) -> str:
    """The configuration of a load balancer."""
    answer = api.get(f"{BALANCERS}/{balancer}/haproxy.cfg")
    assert answer.status_code == 200
    return answer.text


def configuration(api: Api, pool: str, listeners: dict[int, str]) -> str:
    """What is rendered for listeners on these ports."""
    return rendered(api, make_balancer(api, pool, listeners))


@contextmanager
def serving(folder: Path, text: str, port: int) -> Iterator[str]:
    """HAProxy with that configuration, its backends and its front on loopback; the URL of the front."""
    text = re.sub(r"10\.0\.0\.\d+", "127.0.0.1", text).replace("bind :", "bind 127.0.0.1:")
    text = text.replace("maxconn 10000", "maxconn 200")
    path = folder / "haproxy.cfg"
    path.write_text(text)
    with daemon([tool("haproxy", SOURCE), "-db", "-f", path], folder, port):
        yield f"http://127.0.0.1:{port}/"


def answered(url: str, number: int) -> Counter[int]:
    """Which backend has answered how many of so many connections."""
    return Counter(int(httpx.get(url).text) for _ in range(number))


@pytest.mark.parametrize(("algorithm", "sticky", "slow"), product(ALGORITHMS, (False, True), (0, 3600)))
def test_haproxy_accepts_every_kind_of_pool(
    tenant: Tenant, tmp_path: Path, algorithm: str, sticky: bool, slow: int
) -> None:
    program = tool("haproxy", SOURCE)
    fields = {"algorithm": algorithm, "sticky": sticky, "slow_start_seconds": slow}
    pool = make_pool(tenant.api, {8080: 1, 8081: 100, 8082: 0}, drained=8081, **fields)
    for name, address in enumerate(("web-1.example.com", "2001:4860::1")):
        body = {"address": address, "port": 9000 + name}
        tenant.api.ok("POST", f"{POOLS}/{pool}/backends", 201, json=body)
    path = tmp_path / "haproxy.cfg"
    path.write_text(configuration(tenant.api, pool, {8000: "http", 8001: "tcp"}))
    checked = run([program, "-c", "-f", path], tmp_path)
    # A name that doesn't resolve here is a warning: its server is down until it does.
    assert checked.returncode == 0, checked.stdout


def test_haproxy_starts_with_a_pool_that_no_listener_leads_to_and_says_how_it_does(
    tenant: Tenant, tmp_path: Path
) -> None:
    program = tool("haproxy", SOURCE)
    balancer = make_balancer(tenant.api, make_pool(tenant.api, {8080: 1}), {})
    path = tmp_path / "haproxy.cfg"
    path.write_text(rendered(tenant.api, balancer).replace("maxconn 10000", "maxconn 200"))
    checked = run([program, "-c", "-f", path], tmp_path)
    assert checked.returncode == 0, checked.stdout
    statistics = b"\0" + balancer.encode().ljust(107, b"\0")  # abstract, as long as such an address may be
    with daemon([program, "-db", "-f", path], tmp_path, statistics), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(statistics)
        client.sendall(b"show info\n")
        assert client.makefile("rb").readline() == b"Name: HAProxy\n"


@pytest.mark.parametrize("spoken", ["http", "tcp"])
def test_weights_share_traffic_out_and_a_draining_backend_gets_nobody_new(
    tenant: Tenant, tmp_path: Path, spoken: str
) -> None:
    tool("haproxy", SOURCE)
    [port] = free_ports(1)
    with backends(4) as (heavy, light, drained, nothing):
        pool = make_pool(tenant.api, {heavy: 2, light: 1, drained: 1, nothing: 0}, drained=drained)
        with serving(tmp_path, configuration(tenant.api, pool, {port: spoken}), port) as url:
            assert answered(url, 30) == {heavy: 20, light: 10}


def test_a_browser_stays_with_its_backend(tenant: Tenant, tmp_path: Path) -> None:
    tool("haproxy", SOURCE)
    [port] = free_ports(1)
    with backends(3) as ports:
        pool = make_pool(tenant.api, dict.fromkeys(ports, 1), sticky=True)
        with serving(tmp_path, configuration(tenant.api, pool, {port: "http"}), port) as url:
            assert answered(url, 9) == dict.fromkeys(ports, 3)
            with httpx.Client() as browser:
                assert len({browser.get(url).text for _ in range(9)}) == 1
