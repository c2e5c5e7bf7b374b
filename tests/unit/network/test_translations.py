"""Network address and port translation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import NatPortsExhausted, NotTranslated
from services.network.domain.packets import Protocol
from services.network.domain.translations import FIRST_PORT, LAST_PORT, Flow, check_flow, choose_port, idle_at

RANGES = [parse_network("10.0.0.0/16"), parse_network("10.9.0.0/24")]


def flow(source: str, destination: str, protocol: Protocol = Protocol.TCP) -> Flow:
    return Flow(protocol, parse_address(source), 40_000, parse_address(destination), 443)


def free_of(taken: set[int]) -> object:
    def first_free(start: int) -> int:
        while start in taken:
            start += 1
        return start

    return first_free


@pytest.mark.parametrize(("source", "destination"), [("10.0.1.4", "192.0.2.7"), ("10.9.0.200", "10.10.0.1")])
def test_connections_from_the_vpc_to_elsewhere_are_translated(source: str, destination: str) -> None:
    check_flow(flow(source, destination), RANGES)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("10.1.0.4", "192.0.2.7"),
        ("10.0.1.4", "10.9.0.3"),
        ("10.0.1.4", "224.0.0.1"),
        ("10.0.1.4", "127.0.0.1"),
        ("10.0.1.4", "0.0.0.0"),
        ("2001:db8::1", "2001:db8::2"),
        ("10.0.1.4", "2001:db8::2"),
    ],
)
def test_anything_else_is_not(source: str, destination: str) -> None:
    with pytest.raises(NotTranslated):
        check_flow(flow(source, destination), RANGES)


def test_a_connection_has_a_protocol() -> None:
    with pytest.raises(NotTranslated):
        check_flow(flow("10.0.1.4", "192.0.2.7", Protocol.ALL), RANGES)


@pytest.mark.parametrize(
    ("source_port", "taken", "port"),
    [
        (40_000, set(), 40_000),
        (40_000, {40_000, 40_001}, 40_002),
        (80, set(), FIRST_PORT),
        (LAST_PORT, {LAST_PORT}, FIRST_PORT),
        (LAST_PORT, {LAST_PORT, FIRST_PORT}, FIRST_PORT + 1),
    ],
)
def test_a_source_keeps_its_port_or_gets_the_next_free_one(source_port: int, taken: set[int], port: int) -> None:
    assert choose_port(source_port, free_of(taken)) == port  # type: ignore[arg-type]


def test_without_a_free_port_nothing_is_translated() -> None:
    with pytest.raises(NatPortsExhausted):
        choose_port(5_000, free_of(set(range(FIRST_PORT, LAST_PORT + 1))))  # type: ignore[arg-type]


@pytest.mark.parametrize(("protocol", "seconds"), [(Protocol.TCP, 350), (Protocol.UDP, 350), (Protocol.ICMP, 60)])
def test_an_idle_connection_is_forgotten_after_its_protocols_time(protocol: Protocol, seconds: int) -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert idle_at(protocol, now) == now + timedelta(seconds=seconds)
