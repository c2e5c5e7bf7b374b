"""Readiness probes: a connection and a few bytes of the server's own protocol, no process, no client library."""

from __future__ import annotations

import json
import socket
import struct

_TIMEOUT = 0.5
"""Seconds a probe waits for a connection or an answer."""


def _exchange(port: int, request: bytes, enough: int = 1) -> bytes:
    """What a server answers first; empty when there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), _TIMEOUT) as connection:
            connection.settimeout(_TIMEOUT)
            connection.sendall(request)
            answer = b""
            while len(answer) < enough:
                received = connection.recv(4096)
                if not received:
                    break
                answer += received
            return answer
    except OSError:
        return b""


def http_status(port: int, path: str) -> int:
    """The status of an HTTP GET, 0 when there is no answer."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    words = _exchange(port, request.encode(), 12).split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") else 0


def http_json(port: int, path: str) -> object:
    """The JSON body of an HTTP/1.0 GET, None when there is none."""
    answer = _exchange(port, f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode(), 1 << 16)
    try:
        return json.loads(answer.partition(b"\r\n\r\n")[2])
    except ValueError:
        return None


def redis_answers(port: int) -> bool:
    """Redis answers PING, be it with a demand for a password; it is not loading its data."""
    answer = _exchange(port, b"PING\r\n")
    return answer.startswith((b"+PONG", b"-NOAUTH"))


def postgres_accepts(port: int, user: str, database: str) -> bool:
    """PostgreSQL asks for authentication, which it does only when it serves and the startup packet was valid."""
    parameters = b"".join(part.encode() + b"\0" for part in ("user", user, "database", database)) + b"\0"
    return _exchange(port, struct.pack(">ii", len(parameters) + 8, 196608) + parameters).startswith(b"R")


def kafka_answers(port: int) -> bool:
    """A broker answers ApiVersions (version 0)."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    return len(_exchange(port, struct.pack(">i", len(request)) + request, 8)) >= 8
