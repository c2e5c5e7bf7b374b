"""The composition of the server's parts, and what every request goes through."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from environment.fleet.consul.acl import Acl, AclSettings, Authorizer
from environment.fleet.consul.checks import Checks
from environment.fleet.consul.durations import seconds
from environment.fleet.consul.errors import ApiError, BadRequest
from environment.fleet.consul.http import Request, Response, answer_text
from environment.fleet.consul.kv import KeyValues
from environment.fleet.consul.services import Services
from environment.fleet.consul.sessions import Sessions
from environment.fleet.consul.store import Row, Store

_DEFAULT_WAIT = 300.0
_LONGEST_WAIT = 600.0


_NAMES = [
    "ID",
    "Name",
    "Tags",
    "Meta",
    "Port",
    "Address",
    "TaggedAddresses",
    "Weights",
    "EnableTagOverride",
    "Check",
    "Checks",
    "CheckID",
    "Notes",
    "Status",
    "Output",
    "HTTP",
    "TCP",
    "TTL",
    "Method",
    "Header",
    "Interval",
    "Timeout",
    "DeregisterCriticalServiceAfter",
    "ServiceID",
    "Node",
    "NodeChecks",
    "ServiceChecks",
    "LockDelay",
    "Behavior",
    "BootstrapSecret",
    "AccessorID",
    "SecretID",
    "Description",
    "Policies",
    "Rules",
    "Local",
]
_CANONICAL = {name.lower(): name for name in _NAMES}
_FREE = ("Meta", "Header", "TaggedAddresses", "Weights")
"""Objects whose keys are the client's own."""


def canonical(body: Row) -> Row:
    """A request body with Consul's own spelling of its keys, which it takes in any case and with underscores."""
    result: Row = {}
    for key, value in body.items():
        name = _CANONICAL.get(key.replace("_", "").lower(), key)
        if isinstance(value, dict) and name not in _FREE:
            value = canonical(value)
        elif isinstance(value, list):
            value = [canonical(entry) if isinstance(entry, dict) else entry for entry in value]
        result[name] = value
    return result


class Call:
    """One request on its way: who asks, and for what part of the path (`rest`)."""

    def __init__(self, server: ConsulServer, request: Request, rest: str) -> None:
        self.server = server
        self.request = request
        self.rest = rest
        self.may: Authorizer = server.acl.authorize(self.secret)

    @property
    def secret(self) -> str:
        """The token's secret, from where Consul takes it; empty without one."""
        headers, query = self.request.headers, self.request.query
        bearer = headers.get("authorization", "")
        named = headers.get("x-consul-token") or query.get("token")
        return named or (bearer[7:].strip() if bearer.lower().startswith("bearer ") else "")

    def body(self) -> Row:
        """The JSON object in the body; empty without one. Raises BadRequest."""
        if not self.request.body.strip():
            return {}
        try:
            value = json.loads(self.request.body)
        except ValueError as error:
            raise BadRequest(f"Request decode failed: {error}") from error
        if not isinstance(value, dict):
            raise BadRequest("Request decode failed: a JSON object is expected")
        return canonical(value)

    def number(self, word: str, default: int = 0) -> int:
        """A whole number of the query. Raises BadRequest."""
        text = self.request.query.get(word, "")
        if text and not text.isdecimal():
            raise BadRequest(f"Invalid {word}: {text!r}")
        return int(text) if text else default

    async def watch(self, look: Callable[[], tuple[int, Response]]) -> Response:
        """A blocking query: answer at once, or with ?index when the index has passed it or ?wait is over; at once when
        a snapshot is restored, whatever its index."""
        seen = self.number("index")
        wait = seconds(self.request.query.get("wait"), _DEFAULT_WAIT) or _DEFAULT_WAIT
        deadline = self.server.monotonic() + min(wait, _LONGEST_WAIT)
        restored = self.server.store.restored
        index, response = look()
        while seen and index <= seen and restored == self.server.store.restored:
            left = deadline - self.server.monotonic()
            if left <= 0 or not await self.server.store.wait_for_change(left):
                break
            index, response = look()
        response.headers |= {
            "X-Consul-Index": str(max(index, 1)),
            "X-Consul-KnownLeader": "true",
            "X-Consul-LastContact": "0",
        }
        return response


Endpoint = Callable[[Call], Response | Awaitable[Response]]


class ConsulServer:
    """The agent."""

    def __init__(self, config: Row, data_dir: Path, port: int, monotonic: Callable[[], float]) -> None:
        self.node = str(config.get("node_name") or "consul")
        self.port = port
        self.monotonic = monotonic
        self.store = Store(data_dir)
        identity = self.store.get("meta", "node")
        if identity is None:
            identity = {"id": str(uuid.uuid4())}
            self.store.put("meta", "node", identity)
        self.acl = Acl(self.store, AclSettings.of(config))
        self.kv = KeyValues(self.store, monotonic)
        shortest_ttl = seconds(config.get("session_ttl_min"), 10.0)
        self.sessions = Sessions(self.store, self.kv, self.node, shortest_ttl)
        self.services = Services(self.store, self.node, identity["id"])
        self.checks = Checks(self.services)
        self.services.on_critical = self.sessions.check_became_critical
        self._routes: dict[tuple[str, str], Endpoint] = {}

    def route(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Serve a path; one that ends in "/" is a prefix whose rest the end point gets."""
        self._routes[(method, path)] = endpoint

    def start(self) -> None:
        """Run timers and checks; needs a running event loop."""
        self.sessions.start()
        self.checks.start()

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        found = self._find(request.method, request.path)
        if found is None:
            others = [method for method in ("GET", "PUT", "DELETE") if self._find(method, request.path)]
            if others:
                return answer_text(f"method {request.method} not allowed", 405)
            return answer_text(f"Invalid URL path: not a recognized HTTP API endpoint: {request.path}", 404)
        endpoint, rest = found
        try:
            answer = endpoint(Call(self, request, rest))
            return answer if isinstance(answer, Response) else await answer
        except ApiError as error:
            return answer_text(error.text, error.status)

    def _find(self, method: str, path: str) -> tuple[Endpoint, str] | None:
        exact = self._routes.get((method, path))
        if exact is not None:
            return exact, ""
        at = len(path)
        while (at := path.rfind("/", 0, at)) > 0:
            endpoint = self._routes.get((method, path[: at + 1]))
            if endpoint is not None:
                return endpoint, path[at + 1 :]
        return None
