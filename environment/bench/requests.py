"""What a request through gateway and service costs, beside a bare end point of FastAPI in the same run.

`measure(FleetPaths)` needs a running fleet and takes about half a minute.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from environment.bench.http_load import Round, Sent, load
from environment.fleet.client import FleetClient
from environment.fleet.project import FleetPaths

CONNECTIONS = 8
ROUNDS = 3
ROUND_SECONDS = 2.0
START_SECONDS = 20.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PLATFORM_TENANT = "platform"
OPERATOR_EMAIL = os.environ.get("OMNICLOUD_OPERATOR_EMAIL", "operator@omnicloud.example")
OPERATOR_PASSWORD = os.environ.get("OMNICLOUD_OPERATOR_PASSWORD", "correct-horse-battery-staple")


@dataclass(frozen=True)
class Kind:
    """A kind of request that is measured."""

    name: str
    service: str
    method: str
    path: str
    status: int = 200
    body: Callable[[], bytes] | None = None


@dataclass(frozen=True)
class RequestCost:
    """What a kind of request costs. Times are CPU milliseconds a request, of a process with all its threads."""

    name: str
    service: str
    rate: float
    """Requests a second over eight connections, the median of the rounds."""
    gateway_ms: float
    service_ms: float

    @property
    def total_ms(self) -> float:
        """In both processes."""
        return self.gateway_ms + self.service_ms


@dataclass(frozen=True)
class RequestCosts:
    """All kinds, and the bare end point that ran beside them."""

    bare_rate: float
    bare_ms: float
    kinds: tuple[RequestCost, ...]

    def share(self, kind: RequestCost) -> float:
        """The kind's rate as a part of the bare end point's."""
        return kind.rate / self.bare_rate


def _sample() -> bytes:
    """A measurement of a series that is there after the first one."""
    moment = datetime.now(UTC).isoformat()
    return json.dumps({"samples": [{"name": "bench", "value": 1, "timestamp": moment}]}).encode()


KINDS = (
    Kind("GET, FastAPI", "monitor", "GET", "/api/monitor/v1/alert-rules"),
    Kind("GET, Django", "network", "GET", "/api/network/v1/vpcs"),
    Kind("POST, FastAPI", "monitor", "POST", "/api/monitor/v1/samples", body=_sample),
)


def measure(paths: FleetPaths, kinds: Sequence[Kind] = KINDS) -> RequestCosts:
    """Measure a running fleet whose services are healthy. Rounds of all kinds take turns, so that what else the machine
    does meets each of them.

    Raises FleetError when no fleet runs, and what `http_load.load` raises when an answer is not the expected one.
    """
    client = FleetClient(paths)
    services = {service["name"]: service for service in client.request("status")["fleet"]["services"]}
    client.close()
    url = str(services["gateway"]["address"])
    tokens = [_tenant_token(url) for _ in range(CONNECTIONS)]  # So that no tenant's rate limit is met.
    with bare_server() as (bare_url, bare_pid):
        bare = Kind("bare", "bare", "GET", "/items")
        runs = [_Run(bare, bare_url, {"bare": bare_pid}, [])]
        for kind in kinds:
            pids = {"gateway": services["gateway"]["pid"], "service": services[kind.service]["pid"]}
            runs.append(_Run(kind, url, pids, tokens))
        for run in runs:
            run.warm_up()
        for _ in range(ROUNDS):
            for run in runs:
                run.round()
    costs = [
        RequestCost(
            run.kind.name, run.kind.service, run.rate(), run.milliseconds("gateway"), run.milliseconds("service")
        )
        for run in runs[1:]
    ]
    return RequestCosts(runs[0].rate(), runs[0].milliseconds("bare"), tuple(costs))


class _Run:
    """The rounds of one kind of request."""

    def __init__(self, kind: Kind, url: str, pids: Mapping[str, int], tokens: Sequence[str]) -> None:
        self.kind = kind
        self._url = url
        self._pids = pids
        self._makers = [self._maker(token) for token in tokens or [""] * CONNECTIONS]
        self._rounds: list[Round] = []
        self._cpu: dict[str, list[float]] = {name: [] for name in pids}

    def warm_up(self) -> None:
        """Connections, caches and compiled statements are there afterwards."""
        load(self._url, self._makers, ROUND_SECONDS / 4, self.kind.status)

    def round(self) -> None:
        """One more round."""
        before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}
        done = load(self._url, self._makers, ROUND_SECONDS, self.kind.status)
        self._rounds.append(done)
        for name, pid in self._pids.items():
            self._cpu[name].append((cpu_seconds(pid) - before[name]) * 1000 / done.requests)

    def rate(self) -> float:
        """The median."""
        return statistics.median(done.rate for done in self._rounds)

    def milliseconds(self, process: str) -> float:
        """CPU a request, the median."""
        return statistics.median(self._cpu[process])

    def _maker(self, token: str) -> Callable[[], Sent]:
        kind, url = self.kind, self._url
        headers = [("Authorization", f"Bearer {token}"), ("Accept", "application/json")] if token else []
        body = kind.body
        if body is None:
            always = Sent.of(url, kind.method, kind.path, headers)
            return lambda: always
        return lambda: Sent.of(url, kind.method, kind.path, [*headers, ("Content-Type", "application/json")], body())


def cpu_seconds(pid: int) -> float:
    """What a process has used, all its threads together, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def _tenant_token(url: str) -> str:
    """The access token of the administrator of a fresh tenant."""
    address = f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    with httpx.Client(base_url=url, headers={"X-Forwarded-For": address}, timeout=START_SECONDS) as http:
        operator = _log_in(http, PLATFORM_TENANT, OPERATOR_EMAIL, OPERATOR_PASSWORD)
        acting = {"Authorization": f"Bearer {operator}"}
        name, email, password = secrets.token_hex(6), f"{secrets.token_hex(6)}@example.test", secrets.token_urlsafe(18)
        tenant = _post(http, "/api/tenants/v1/tenants", {"name": name, "plan": "team"}, acting)["id"]
        user = {"email": email, "password": password, "grants": [{"role": "tenant-admin", "scope": "tenant"}]}
        _post(http, "/api/auth/v1/users", user, {**acting, "X-Tenant-Id": tenant})
        return _log_in(http, tenant, email, password)


def _log_in(http: httpx.Client, tenant: str, email: str, password: str) -> str:
    body = {"tenant_id": tenant, "email": email, "password": password}
    return str(_post(http, "/api/auth/v1/tokens", body, {})["access_token"])


def _post(http: httpx.Client, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    answer = http.post(path, json=body, headers=headers)
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


@contextmanager
def bare_server() -> Iterator[tuple[str, int]]:
    """The yardstick's address and process id, as long as the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-P", "-m", "environment.bench.bare", str(port)], env=_environment())
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def _wait_for(url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"{url}/items").raise_for_status()
        except httpx.ConnectError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.05)
        else:
            return
