"""Liveness and readiness. A service is ready when every dependency it can't work without answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import create_default_context
from typing import Any
from urllib.parse import urlsplit

from shared.errors import OmniCloudError
from shared.settings import split_address

Check = Callable[[], None]
"""Returns when the dependency answers, raises OSError or OmniCloudError when it doesn't."""

CHECK_TIMEOUT_SECONDS = 2.0
CACHE_SECONDS = 0.5
"""Probes of several callers within half a second share one result."""


@dataclass(frozen=True)
class Report:
    """The state of each dependency; it is ready when all that are required answer."""

    ready: bool
    checks: Mapping[str, str]

    @property
    def status(self) -> int:
        """The HTTP status of the readiness answer."""
        return 200 if self.ready else 503

    def body(self) -> dict[str, Any]:
        """The readiness answer."""
        return {"status": "ready" if self.ready else "not_ready", "checks": dict(self.checks)}


class Readiness:
    """Runs the checks side by side, each within its time limit, and remembers the result for a moment."""

    def __init__(self, checks: Mapping[str, Check], helpful: Mapping[str, Check] | None = None) -> None:
        """`helpful` are dependencies that the service can do without: their state is told, and keeps nobody away."""
        self._helpful = frozenset(helpful or ())
        self._checks = {**checks, **(helpful or {})}
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._report: Report | None = None
        self._taken = 0.0

    def report(self) -> Report:
        """The present state; at most half a second old."""
        with self._lock:
            if self._report is None or time.monotonic() - self._taken > CACHE_SECONDS:
                self._report = self._run()
                self._taken = time.monotonic()
            return self._report

    def _run(self) -> Report:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=max(1, len(self._checks)), thread_name_prefix="readiness")
        futures = {name: self._pool.submit(check) for name, check in self._checks.items()}
        results: dict[str, str] = {}
        for name, future in futures.items():
            try:
                future.result(CHECK_TIMEOUT_SECONDS)
                results[name] = "ok"
            except FutureTimeout:
                results[name] = f"no answer within {CHECK_TIMEOUT_SECONDS:g} s"
            except (OSError, OmniCloudError) as error:
                results[name] = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
        return Report(all(state == "ok" or name in self._helpful for name, state in results.items()), results)


def tcp_check(address: str) -> Check:
    """A check that the server at `host:port` accepts connections."""

    def check() -> None:
        socket.create_connection(split_address(address), timeout=CHECK_TIMEOUT_SECONDS).close()

    return check


def answer_check(address: str, question: bytes) -> Check:
    """A check that the server at `host:port` says something when spoken to: a stopped one takes connections, too."""

    def check() -> None:
        with socket.create_connection(split_address(address), timeout=CHECK_TIMEOUT_SECONDS) as connection:
            connection.sendall(question)
            if not connection.recv(1):
                raise ConnectionError("it hung up")

    return check


def http_check(url: str, ok: frozenset[int] = frozenset({200})) -> Check:
    """A check that a GET is answered with one of the expected statuses. Its connection is kept from check to check."""
    kept: list[HTTPConnection] = []

    def check() -> None:
        status = None
        if kept:
            with suppress(ConnectionError):  # The server may have closed it meanwhile; a new one will tell.
                status = ask(kept.pop())
        if status is None:
            status = ask(_connection(url))
        if status not in ok:
            raise ConnectionError(f"HTTP {status}")

    def ask(connection: HTTPConnection) -> int:
        try:
            connection.request("GET", urlsplit(url).path or "/")
            answer = connection.getresponse()
            answer.read()
        except HTTPException as error:
            connection.close()
            raise ConnectionError(f"{type(error).__name__} {error}") from error
        except OSError:
            connection.close()
            raise
        kept.append(connection)
        return answer.status

    return check


def _connection(url: str) -> HTTPConnection:
    """The standard library's client: it costs a fifth of a full one, and probes are all that an idle process does."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return HTTPSConnection(parts.netloc, timeout=CHECK_TIMEOUT_SECONDS, context=create_default_context())
    return HTTPConnection(parts.netloc, timeout=CHECK_TIMEOUT_SECONDS)
