"""Active checks: what passes, and what is never asked."""

from __future__ import annotations

import ipaddress

import pytest

from services.loadbalancer.domain.errors import InvalidHealthCheck
from services.loadbalancer.domain.probes import ActiveCheck, allowed, check_times, checks_of_tenant, passes

PLATFORM = frozenset({"172.18.0.7", "10.5.0.2"})
OPERATORS = (ipaddress.ip_network("192.168.0.0/16"),)


@pytest.mark.parametrize(("interval", "timeout"), [(1, 0.5), (2, 1.9), (30, 5.0)])
def test_a_check_ends_before_the_next_begins(interval: int, timeout: float) -> None:
    check_times(ActiveCheck.TCP, interval, timeout)


@pytest.mark.parametrize(("interval", "timeout"), [(1, 1.0), (2, 5.0)])
def test_a_time_out_as_long_as_the_interval_is_refused_where_there_are_checks(interval: int, timeout: float) -> None:
    check_times(ActiveCheck.NONE, interval, timeout)
    with pytest.raises(InvalidHealthCheck):
        check_times(ActiveCheck.HTTP, interval, timeout)


@pytest.mark.parametrize(
    ("resolved", "address"),
    [
        (["203.0.113.5"], "203.0.113.5"),
        (["10.0.0.5", "10.0.0.6"], "10.0.0.5"),
        (["2001:db8::5"], "2001:db8::5"),
        (["::ffff:203.0.113.5"], "203.0.113.5"),
    ],
)
def test_a_tenants_machine_is_asked_at_the_address_that_was_looked_at(resolved: list[str], address: str) -> None:
    assert allowed(resolved, PLATFORM, OPERATORS) == address


@pytest.mark.parametrize(
    "resolved",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["0.0.0.0"],
        ["::1"],
        ["fd00:ec2::254"],
        ["2002:a9fe:a9fe::1"],
        ["::ffff:127.0.0.1"],
        ["203.0.113.5", "127.0.0.1"],
        ["172.18.0.7"],
        ["::ffff:10.5.0.2"],
        ["192.168.7.7"],
        [],
    ],
)
def test_no_name_leads_a_check_into_the_platform(resolved: list[str]) -> None:
    assert allowed(resolved, PLATFORM, OPERATORS) is None


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        (b"HTTP/1.1 200 OK", True),
        (b"HTTP/1.0 204", True),
        (b"HTTP/1.1 302 Found", True),
        (b"HTTP/1.1 404 Not Found", False),
        (b"HTTP/1.1 500 Oops", False),
        (b"HTTP/1.1 100 Continue", False),
        (b"HTTP/1.1 2000 OK", False),
        (b"SSH-2.0-OpenSSH_9.2", False),
        (b"HTTP/2 200", False),
        (b"", False),
    ],
)
def test_an_answer_passes_by_its_status(line: bytes, passed: bool) -> None:
    assert passes(line) is passed


@pytest.mark.parametrize(("free", "most"), [(32, 8), (16, 8), (8, 4), (3, 1), (1, 1)])
def test_the_last_hands_are_shared_ever_more_thinly(free: int, most: int) -> None:
    assert checks_of_tenant(free) == most
