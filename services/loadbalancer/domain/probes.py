"""Active checks by the platform itself: what passes, and which addresses are never asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.loadbalancer.domain.errors import AddressRefused, InvalidHealthCheck
from services.loadbalancer.domain.targets import check_address

MAX_TIMEOUT_SECONDS = 60
MAX_CHECKS_OF_TENANT = 8
"""Checks of one tenant at a time: one whose backends are all slow delays its own checks and nobody else's."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ActiveCheck(StrEnum):
    """How a pool's backends are checked by the platform: not at all, by a connection, or by a request."""

    NONE = "none"
    TCP = "tcp"
    HTTP = "http"


class Outcome(StrEnum):
    """How a check ended. A refused address was not asked."""

    PASSED = "passed"
    TIMED_OUT = "timed_out"
    NOT_RESOLVED = "not_resolved"
    NOT_CONNECTED = "not_connected"
    BAD_ANSWER = "bad_answer"
    REFUSED = "refused"


@dataclass(frozen=True)
class Probe:
    """One check to do. `interval` and `timeout` are seconds."""

    tenant_id: str
    pool_id: str
    backend_id: str
    kind: ActiveCheck
    address: str
    port: int
    path: str
    timeout: float


def checks_of_tenant(free: int) -> int:
    """How many checks one tenant may have at a time, where so many more could be done: the last ones are shared."""
    return max(1, min(MAX_CHECKS_OF_TENANT, free // 2))


def check_times(kind: ActiveCheck, interval_seconds: int, timeout_seconds: float) -> None:
    """A check ends before the next one begins (AWS: the time-out is below the interval). Raises InvalidHealthCheck."""
    if kind is not ActiveCheck.NONE and timeout_seconds >= interval_seconds:
        raise InvalidHealthCheck(
            f"a time-out of {timeout_seconds:g} s leaves no pause at {interval_seconds} s an interval"
        )


def allowed(resolved: Iterable[str], platform: Collection[str], refused: Collection[Network]) -> str | None:
    """The address to connect to, of those that a name has now; None when one of them must not be asked.

    What a name means may change between its check and its use, so the answer is an address and nobody looks the name
    up again. `platform` has the addresses of the platform's own machines.
    """
    found = []
    for text in resolved:
        try:
            address = check_address(text)
        except AddressRefused:
            return None
        if address in platform or any(ipaddress.ip_address(address) in network for network in refused):
            return None
        found.append(address)
    return found[0] if found else None


def passes(status_line: bytes) -> bool:
    """Whether an answer's first line is one of HTTP/1 with a status of 2xx or 3xx (HAProxy's `httpchk`)."""
    words = status_line.split(b" ", 2)
    version, status = (*words, b"", b"")[:2]
    return version.startswith(b"HTTP/1.") and len(status) == 3 and status.isdigit() and status[:1] in (b"2", b"3")
