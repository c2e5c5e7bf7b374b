"""A check's way out: names are looked up when it is done, and nobody is connected to where one leads inside."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path

import dns.exception
import dns.resolver
import pytest

from services.loadbalancer.domain.probes import ActiveCheck, Outcome, Probe
from services.loadbalancer.ports import probes
from services.loadbalancer.ports.probes import PlatformHosts, ProbeClient, Translations

PLATFORM = frozenset({"172.18.0.7", "2001:db8:7::7"})
OPERATORS = (ipaddress.ip_network("192.168.0.0/16"),)
NAME = "web.tenant.example"
OUTSIDE = "203.0.113.5"


def probe(kind: ActiveCheck = ActiveCheck.TCP) -> Probe:
    return Probe("t-1", "pool-1", "be-1", kind, NAME, 8080, "/up", timeout=60)


class Names:
    """Answers each question with the next of its answers."""

    def __init__(self, *answers: Sequence[str] | type[Exception]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, seconds: float) -> list[str]:
        self.asked.append(host)
        answer = self._answers.pop(0)
        if isinstance(answer, type):
            raise answer
        return list(answer)


class Outside:
    """Whoever is connected to answers 200; who that was, and what they were sent."""

    def __init__(self) -> None:
        self.connected: list[tuple[str, int]] = []
        self.machines: list[socket.socket] = []

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.connected.append(address)
        ours, theirs = socket.socketpair()
        theirs.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        self.machines.append(theirs)
        return ours

    def received(self) -> list[str]:
        """The lines of the last request."""
        return self.machines[-1].recv(4096).decode().split("\r\n")


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    """No unit test connects to a machine."""
    found = Outside()
    monkeypatch.setattr(socket, "create_connection", found.connect)
    return found


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["0.0.0.0"],
        ["172.18.0.7"],
        ["2001:db8:7::7"],
        ["192.168.7.7"],
        [OUTSIDE, "127.0.0.1"],
    ],
)
@pytest.mark.parametrize("kind", [ActiveCheck.TCP, ActiveCheck.HTTP])
def test_a_name_that_leads_inside_when_it_is_checked_is_refused_and_nobody_is_connected_to(
    outside: Outside, tmp_path: Path, kind: ActiveCheck, answer: list[str]
) -> None:
    translations = tmp_path / "translations"
    translations.write_text("".join(f"{address} {OUTSIDE}\n" for address in answer))
    client = ProbeClient(OPERATORS, Names(answer), Translations(translations))

    assert client.check(probe(kind), PLATFORM) is Outcome.REFUSED
    assert outside.connected == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ([], Outcome.NOT_RESOLVED),
        (dns.resolver.NXDOMAIN, Outcome.NOT_RESOLVED),
        (dns.resolver.NoResolverConfiguration, Outcome.NOT_RESOLVED),
        (OSError, Outcome.NOT_RESOLVED),
        (dns.exception.Timeout, Outcome.TIMED_OUT),
    ],
)
def test_a_name_without_an_address_fails_its_check(
    outside: Outside, answer: list[str] | type[Exception], outcome: Outcome
) -> None:
    assert ProbeClient(OPERATORS, Names(answer)).check(probe(), PLATFORM) is outcome
    assert outside.connected == []


def test_the_address_that_was_looked_at_is_the_one_connected_to(outside: Outside) -> None:
    """Who answers with another address at each question gets no check past what was looked at (DNS rebinding)."""
    names = Names([OUTSIDE, "203.0.113.6"], ["127.0.0.1"])
    client = ProbeClient(OPERATORS, names)

    assert client.check(probe(ActiveCheck.HTTP), PLATFORM) is Outcome.PASSED
    assert (names.asked, outside.connected) == ([NAME], [(OUTSIDE, 8080)])
    assert outside.received()[:2] == ["GET /up HTTP/1.1", f"Host: {NAME}:8080"]
    # And what the name means by the next check is looked at anew
    assert client.check(probe(ActiveCheck.HTTP), PLATFORM) is Outcome.REFUSED
    assert (names.asked, outside.connected) == ([NAME, NAME], [(OUTSIDE, 8080)])


def test_the_platforms_own_addresses_are_those_that_its_names_have_now(
    monkeypatch: pytest.MonkeyPatch, outside: Outside
) -> None:
    known = {"vault": ["10.5.0.2"], "postgres": ["10.5.0.3", "2001:db8:5::3"]}

    def resolve(host: str, seconds: float, *, search: bool) -> list[str]:
        assert search, "the platform's machines have short names"
        if host not in known:
            raise dns.resolver.NXDOMAIN
        return known[host]

    monkeypatch.setattr(probes, "resolve", resolve)
    hosts = PlatformHosts(["vault", "postgres", "consul"])

    def outcomes(*addresses: str) -> list[Outcome]:
        client = ProbeClient((), Names(*([address] for address in addresses)))
        return [client.check(probe(), hosts.addresses()) for _ in addresses]

    hosts.look_up()
    assert hosts.addresses() == {"10.5.0.2", "10.5.0.3", "2001:db8:5::3"}
    assert outcomes("10.5.0.2", "::ffff:10.5.0.3", "2001:db8:5::3") == [Outcome.REFUSED] * 3
    assert outside.connected == []
    # When one has moved and another can't be looked up, then the first is followed and the second keeps what it had
    known["vault"] = ["10.5.0.9"]
    del known["postgres"]
    hosts.look_up()
    assert hosts.addresses() == {"10.5.0.9", "10.5.0.3", "2001:db8:5::3"}
    assert outcomes("10.5.0.9", "10.5.0.3", "10.5.0.2") == [Outcome.REFUSED, Outcome.REFUSED, Outcome.PASSED]
    assert outside.connected == [("10.5.0.2", 8080)]
