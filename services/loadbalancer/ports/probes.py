"""The prober's way out: one connection to a backend, to an address that was looked at before it is used."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic

import dns.exception
import dns.resolver

from services.loadbalancer.domain.probes import ActiveCheck, Network, Outcome, Probe, allowed, passes

MAX_LINE = 1024
"""Bytes of an answer that are looked at; its first line is shorter."""
AGENT = "omnicloud-health-check"
NAMES_SECONDS = 2.0
"""For looking up one of the platform's own names."""

Resolve = Callable[[str, float], list[str]]


def resolve(host: str, seconds: float, *, search: bool = False) -> list[str]:
    """The addresses of a name by DNS, in no more than so many seconds; an address is its own. Raises DNSException.

    The machine's own list of hosts isn't asked, and its search list only with `search`: they have names that only mean
    something inside.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return list(dns.resolver.Resolver().resolve_name(host, lifetime=seconds, search=search).addresses())


class PlatformHosts:
    """The addresses of the platform's own machines. A name that can't be looked up keeps what it had."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts
        self._known: dict[str, list[str]] = {}

    def look_up(self) -> None:
        """Ask for all names at once, for a few seconds at most."""
        with ThreadPoolExecutor(len(self._hosts)) as askers:
            for host, found in zip(self._hosts, askers.map(_own_addresses, self._hosts), strict=True):
                if found:
                    self._known[host] = found

    def addresses(self) -> frozenset[str]:
        """What they have at present."""
        return frozenset(address for found in self._known.values() for address in found)


def _own_addresses(host: str) -> list[str]:
    try:
        return resolve(host, NAMES_SECONDS, search=True)
    except (dns.exception.DNSException, OSError):
        return []


class Translations:
    """Where machines of tenants are reached from here: destination NAT, as the operator wrote it down.

    Each line of the file has the address that a tenant knows and the one that it is reached at. One without a line is
    its own. Only an address that may be asked is looked up, so nothing that a tenant says leads anywhere else.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def of(self, address: str) -> str:
        """The address to connect to. What the file says holds from now on."""
        return self._read().get(address, address) if self._file else address

    def _read(self) -> dict[str, str]:
        assert self._file is not None
        try:
            lines = self._file.read_text().splitlines()
        except FileNotFoundError:
            return {}
        return {known: reached for known, _, reached in (line.partition(" ") for line in lines) if reached}


class ProbeClient:
    """Does checks. Nothing of an answer but its status is kept, no redirect is followed, nothing is sent twice."""

    def __init__(
        self,
        refused: Collection[Network],
        lookup: Resolve = resolve,
        translations: Translations = Translations(None),
    ) -> None:
        self._refused = refused
        self._lookup = lookup
        self._translations = translations

    def check(self, probe: Probe, platform: Collection[str]) -> Outcome:
        """How a check ends, within its time-out. `platform` has the addresses that are never asked."""
        end = monotonic() + probe.timeout
        try:
            resolved = self._lookup(probe.address, probe.timeout)
        except dns.exception.Timeout:
            return Outcome.TIMED_OUT
        except (dns.exception.DNSException, OSError):
            return Outcome.NOT_RESOLVED
        address = allowed(resolved, platform, self._refused)
        if address is None:
            return Outcome.REFUSED if resolved else Outcome.NOT_RESOLVED
        try:
            return _ask(probe, self._translations.of(address), end)
        except TimeoutError:
            return Outcome.TIMED_OUT
        except OSError:
            return Outcome.NOT_CONNECTED


def _ask(probe: Probe, address: str, end: float) -> Outcome:
    with closing(socket.create_connection((address, probe.port), timeout=_left(end))) as connection:
        if probe.kind is ActiveCheck.TCP:
            return Outcome.PASSED
        connection.settimeout(_left(end))
        connection.sendall(_request(probe))
        return Outcome.PASSED if passes(_first_line(connection, end)) else Outcome.BAD_ANSWER


def _request(probe: Probe) -> bytes:
    host = f"[{probe.address}]" if ":" in probe.address else probe.address
    lines = (f"GET {probe.path} HTTP/1.1", f"Host: {host}:{probe.port}", f"User-Agent: {AGENT}", "Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _first_line(connection: socket.socket, end: float) -> bytes:
    """What comes up to the first line's end; each wait is no longer than what is left of the time."""
    received = b""
    while b"\n" not in received and len(received) < MAX_LINE:
        connection.settimeout(_left(end))
        part = connection.recv(MAX_LINE)
        if not part:
            break
        received += part
    return received.partition(b"\r\n")[0]


def _left(end: float) -> float:
    left = end - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
