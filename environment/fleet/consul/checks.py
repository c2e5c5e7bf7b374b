"""Executing the checks: HTTP and TCP at an interval, TTL by waiting for the service's own word."""

from __future__ import annotations

import asyncio
import re
import time
from typing import cast
from urllib.parse import urlsplit

from environment.fleet.consul.durations import seconds
from environment.fleet.consul.errors import BadRequest
from environment.fleet.consul.services import CRITICAL, PASSING, WARNING, Services
from environment.fleet.consul.store import Row

_DEFAULT_TIMEOUT = 10.0
_SHORTEST_INTERVAL = 1.0
_SHORTEST_REAP = 60.0
"""Seconds: a shorter DeregisterCriticalServiceAfter counts as a minute, as in Consul."""
_OUTPUT_LIMIT = 4096
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Checks:
    """One task for each check that is executed here, one timer for each that waits for word."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._reapers: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Run the checks that the journal brought back."""
        for check in self._services.checks():
            self.run(check["CheckID"])

    def run(self, check_id: str) -> None:
        """Begin or begin anew, after a registration. The first look is taken at once.

        Raises BadRequest for a check that could never run.
        """
        self.forget(check_id)
        definition = self._services.check(check_id)["Definition"]
        if definition.get("HTTP") or definition.get("TCP"):
            if not definition.get("Interval"):
                raise BadRequest("Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks")
            work = self._execute(check_id, definition)
        elif definition.get("TTL"):
            work = self._expire(check_id, seconds(definition["TTL"]))
        else:
            return
        self._tasks[check_id] = asyncio.get_running_loop().create_task(work)
        self._watch(check_id)

    def forget(self, check_id: str) -> None:
        """End what is executed for a check."""
        task = self._tasks.pop(check_id, None)
        if task is not None:
            task.cancel()
        reaper = self._reapers.pop(check_id, None)
        if reaper is not None:
            reaper.cancel()

    def report(self, check_id: str, status: str, output: str) -> None:
        """The service's own word on a TTL check; its time begins anew. Raises Missing, BadRequest."""
        definition = self._services.check(check_id)["Definition"]
        if not definition.get("TTL"):
            raise BadRequest(f'CheckID "{check_id}" does not have associated TTL')
        self._found(check_id, status, output)
        task = self._tasks.pop(check_id, None)
        if task is not None:
            task.cancel()
        work = self._expire(check_id, seconds(definition["TTL"]))
        self._tasks[check_id] = asyncio.get_running_loop().create_task(work)

    async def _execute(self, check_id: str, definition: Row) -> None:
        interval = max(seconds(definition["Interval"]), _SHORTEST_INTERVAL)
        timeout = seconds(definition.get("Timeout"), _DEFAULT_TIMEOUT)
        while True:
            began = time.monotonic()
            self._found(check_id, *(await _look(definition, timeout)))
            await asyncio.sleep(max(interval - (time.monotonic() - began), 0.0))

    async def _expire(self, check_id: str, ttl: float) -> None:
        await asyncio.sleep(ttl)
        self._found(check_id, CRITICAL, "TTL expired")

    def _found(self, check_id: str, status: str, output: str) -> None:
        self._services.set_status(check_id, status, output)
        self._watch(check_id)

    def _watch(self, check_id: str) -> None:
        """Remove the service when its check stays critical for as long as its definition says."""
        check = self._services.check(check_id)
        after = seconds(check["Definition"].get("DeregisterCriticalServiceAfter"))
        if check["Status"] != CRITICAL or not after or not check["ServiceID"]:
            reaper = self._reapers.pop(check_id, None)
            if reaper is not None:
                reaper.cancel()
        elif check_id not in self._reapers:
            delay = max(after, _SHORTEST_REAP)
            loop = asyncio.get_running_loop()
            self._reapers[check_id] = loop.call_later(delay, self._reap, check["ServiceID"])

    def _reap(self, service_id: str) -> None:
        for check_id in self._services.deregister(service_id):
            self.forget(check_id)


async def _look(definition: Row, timeout: float) -> tuple[str, str]:
    """Status and output of one execution."""
    target = str(definition.get("HTTP") or definition.get("TCP"))
    try:
        async with asyncio.timeout(timeout):
            if definition.get("HTTP"):
                return await _http(definition)
            _, writer = await asyncio.open_connection(*_host_and_port(target, 0))
            writer.close()
            return PASSING, f"TCP connect {target}: Success"
    except TimeoutError:
        return CRITICAL, f'"{target}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    except (OSError, ValueError) as error:
        return CRITICAL, f'"{target}": {error}'


async def _http(definition: Row) -> tuple[str, str]:
    url = str(definition["HTTP"])
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"unsupported protocol scheme {parts.scheme!r}")
    method = str(definition.get("Method") or "GET")
    headers = {"Host": parts.netloc, "User-Agent": "Consul Health Check", "Accept": "text/plain, text/*, */*"}
    for name, values in (definition.get("Header") or {}).items():
        headers[name] = values[0] if isinstance(values, list) else str(values)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {path} HTTP/1.0", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_connection(
        lambda: _Exchange("\r\n".join(lines).encode()), parts.hostname, parts.port or 80
    )
    try:
        head, _, answer = (await exchange.answer).partition(b"\r\n")
    finally:
        transport.abort()
    words = head.decode("latin-1").split(None, 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
        raise ValueError(f"malformed HTTP response {head[:80]!r}")
    code = int(words[1])
    body = answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
    status = PASSING if 200 <= code < 300 else WARNING if code == 429 else CRITICAL
    return status, f"HTTP {method} {url}: {' '.join(word.strip() for word in words[1:])} Output: {body}"


class _Exchange(asyncio.Protocol):
    """One request and its whole answer: checks are most of what an idle agent does."""

    def __init__(self, request: bytes) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._request = request
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n") if end else None
        if len(self._received) > _OUTPUT_LIMIT or (length is not None and len(body) >= int(length[1])):
            self.eof_received()

    def eof_received(self) -> None:
        if not self.answer.done():
            self.answer.set_result(self._received[:_OUTPUT_LIMIT])

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not self.answer.done():
            self.answer.set_exception(exc)
        self.eof_received()


def _host_and_port(target: str, default: int) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    return host or target, int(port or default)
