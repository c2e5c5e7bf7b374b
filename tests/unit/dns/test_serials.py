"""RFC 1982."""

from __future__ import annotations

from datetime import date

import pytest

from services.dns.domain import serials

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("first", "second", "newer"),
    [
        (1, 0, True),
        (0, 1, False),
        (5, 5, False),
        (0, 2**32 - 1, True),
        (2**32 - 1, 0, False),
        (2**31 - 1, 0, True),
        (2**31, 0, False),
        (0, 2**31, False),
        (2**31 + 1, 0, False),
    ],
)
def test_newer_in_the_circle(first: int, second: int, newer: bool) -> None:
    assert serials.is_newer(first, second) is newer


@pytest.mark.parametrize(
    ("serial", "increment", "expected"), [(0, 1, 1), (2**32 - 1, 1, 0), (2**32 - 1, 2**31 - 1, 2**31 - 2)]
)
def test_addition_wraps(serial: int, increment: int, expected: int) -> None:
    assert serials.add(serial, increment) == expected


@pytest.mark.parametrize("increment", [-1, 2**31])
def test_increments_are_less_than_half_of_the_circle(increment: int) -> None:
    with pytest.raises(ValueError):
        serials.add(0, increment)


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        (0, 2026030100),
        (2026022899, 2026030100),
        (2026030100, 2026030101),
        (2026030199, 2026030200),
        (2**32 - 1, 2026030100),
    ],
)
def test_the_next_serial_is_todays_or_one_more(serial: int, expected: int) -> None:
    assert serials.following(serial, DAY) == expected


@pytest.mark.parametrize(
    ("serial", "day", "expected"), [(3_000_000_000, DAY, 3_000_000_001), (2**32 - 1, date(4200, 1, 1), 1)]
)
def test_a_serial_ahead_of_the_date_goes_up_by_one_and_never_to_zero(serial: int, day: date, expected: int) -> None:
    assert serials.following(serial, day) == expected
    assert serials.is_newer(expected, serial)
