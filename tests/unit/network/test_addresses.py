"""Addresses: lowest free first, quarantine after release, exhaustion, and what holding one costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.network.domain.addresses import QUARANTINE, RATES, Lease, address_at, allocate, place_of
from services.network.domain.cidr import Address, Network, parse_address, parse_network
from services.network.domain.errors import AddressOutsideSubnet, AddressReserved, AddressTaken, SubnetExhausted
from services.network.domain.subnets import first_usable
from shared.kernel.context import service_context
from shared.metering import record_usage
from tests.unit.clocks import standing_clock
from tests.unit.doubles import MeteredRow, Outbox

SUBNET = parse_network("10.0.0.0/28")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Book:
    """Leases as a list: what the database finds by its indexes, found by looking."""

    def __init__(self, leases: Sequence[Lease], subnet: Network = SUBNET) -> None:
        self._leases, self._first = leases, first_usable(subnet)

    def at(self, address: Address) -> Lease | None:
        return next((lease for lease in self._leases if lease.address == address), None)

    def lowest_rested(self, now: datetime) -> Address | None:
        rested = [lease.address for lease in self._leases if not lease.blocks(now)]
        return min(rested, key=lambda address: int(address), default=None)

    def lowest_untouched(self) -> Address:
        address = self._first
        while self.at(address) is not None:
            address += 1
        return address


def held(*texts: str) -> list[Lease]:
    return [Lease(parse_address(text)) for text in texts]


def released(text: str, ago: timedelta) -> Lease:
    return Lease(parse_address(text), NOW - ago)


def test_the_lowest_free_address_is_handed_out() -> None:
    assert str(allocate(SUBNET, Book([]), NOW)) == "10.0.0.4"
    assert str(allocate(SUBNET, Book(held("10.0.0.4", "10.0.0.6")), NOW)) == "10.0.0.5"


def test_a_subnet_hands_out_eleven_of_sixteen_addresses_and_no_more() -> None:
    leases: list[Lease] = []
    for _ in range(11):
        leases.append(Lease(allocate(SUBNET, Book(leases), NOW)))

    assert str(leases[-1].address) == "10.0.0.14"
    with pytest.raises(SubnetExhausted):
        allocate(SUBNET, Book(leases), NOW)


@pytest.mark.parametrize(
    ("ago", "address"),
    [
        (timedelta(0), "10.0.0.5"),
        (QUARANTINE - timedelta(microseconds=1), "10.0.0.5"),
        (QUARANTINE, "10.0.0.4"),
        (QUARANTINE + timedelta(hours=1), "10.0.0.4"),
    ],
)
def test_a_released_address_rests_for_its_whole_quarantine(ago: timedelta, address: str) -> None:
    assert str(allocate(SUBNET, Book([released("10.0.0.4", ago)]), NOW)) == address


def test_a_subnet_whose_last_address_rests_is_exhausted() -> None:
    leases = [*held(*(f"10.0.0.{number}" for number in range(4, 14))), released("10.0.0.14", timedelta(minutes=9))]

    with pytest.raises(SubnetExhausted):
        allocate(SUBNET, Book(leases), NOW)
    assert str(allocate(SUBNET, Book(leases), NOW + timedelta(minutes=1))) == "10.0.0.14"


def test_a_wanted_address_is_given_when_it_is_free() -> None:
    assert str(allocate(SUBNET, Book(held("10.0.0.4")), NOW, wanted=parse_address("10.0.0.14"))) == "10.0.0.14"


@pytest.mark.parametrize("wanted", ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.15"])
def test_a_reserved_address_is_never_given(wanted: str) -> None:
    with pytest.raises(AddressReserved):
        allocate(SUBNET, Book([]), NOW, wanted=parse_address(wanted))


@pytest.mark.parametrize("wanted", ["10.0.0.16", "10.1.0.4", "2001:db8::4"])
def test_an_address_of_another_network_is_never_given(wanted: str) -> None:
    with pytest.raises(AddressOutsideSubnet):
        allocate(SUBNET, Book([]), NOW, wanted=parse_address(wanted))


def test_a_wanted_address_that_is_held_or_rests_is_refused() -> None:
    leases = [*held("10.0.0.5"), released("10.0.0.6", timedelta(minutes=1))]

    for wanted in ("10.0.0.5", "10.0.0.6"):
        with pytest.raises(AddressTaken):
            allocate(SUBNET, Book(leases), NOW, wanted=parse_address(wanted))


def test_ipv6_addresses_are_handed_out_the_same_way() -> None:
    subnet = parse_network("2001:db8::/64")

    assert str(allocate(subnet, Book(held("2001:db8::4"), subnet), NOW)) == "2001:db8::5"


def test_a_rested_address_below_the_untouched_ones_comes_first_and_one_above_waits() -> None:
    low = [released("10.0.0.5", QUARANTINE), *held("10.0.0.4", "10.0.0.6")]
    high = [*held("10.0.0.4"), released("10.0.0.9", QUARANTINE)]

    assert str(allocate(SUBNET, Book(low), NOW)) == "10.0.0.5"
    assert str(allocate(SUBNET, Book(high), NOW)) == "10.0.0.5"


@pytest.mark.parametrize(
    ("cidr", "address", "place"), [("10.0.0.0/16", "10.0.1.4", 260), ("fd00::/64", "fd00::1:0", 65_536)]
)
def test_a_place_is_the_distance_from_the_subnets_first_address(cidr: str, address: str, place: int) -> None:
    subnet = parse_network(cidr)
    assert place_of(subnet, parse_address(address)) == place
    assert str(address_at(subnet, place)) == address


def test_a_held_address_is_billed_by_the_second_and_each_day_by_itself() -> None:
    outbox, evening = Outbox(), datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
    with service_context("network", "t-1", standing_clock()):
        row = MeteredRow("addr-1", evening)
        record_usage(outbox, "network", row, RATES, evening + timedelta(seconds=20, microseconds=5))

    assert outbox.windows == [
        ("2026-03-01T23:59:50+00:00", "2026-03-02T00:00:00+00:00", "10"),
        ("2026-03-02T00:00:00+00:00", "2026-03-02T00:00:10.000005+00:00", "10.000005"),
    ]
    assert {told["data"]["meter"] for told in outbox.events} == {"network.address_seconds"}
