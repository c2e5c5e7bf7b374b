"""Identifiers, cursors, units, clocks and deadlines."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.errors import DeadlineExceeded
from shared.utils.clock import FixedClock, SteppedClock
from shared.utils.deadline import Deadline
from shared.utils.ids import new_id, uuid7_hex
from shared.utils.pagination import (
    InvalidCursor,
    InvalidLimit,
    Page,
    PageRequest,
    decode_cursor,
    encode_cursor,
    whole_number,
)
from shared.utils.units import InvalidQuantity, parse_bytes, parse_mib


def test_uuid7_example_of_rfc_9562() -> None:
    """RFC 9562, appendix A.6."""
    rand_a, rand_b = 0xCC3, 0x18C4DC0C0C07398F
    assert uuid7_hex(0x017F22E279B0, (rand_a << 62) | rand_b) == "017f22e279b07cc398c4dc0c0c07398f"


def test_identifiers_are_prefixed_and_unique() -> None:
    made = {new_id("vpc") for _ in range(1000)}
    assert len(made) == 1000
    assert all(name.startswith("vpc-") and len(name) == 36 for name in made)


def test_later_identifiers_sort_after_earlier_ones() -> None:
    assert uuid7_hex(1000, 2**74 - 1) < uuid7_hex(1001, 0)


@pytest.mark.parametrize("key", [("a",), ("2026-01-01T00:00:00Z", "i-1"), ("ä/+ =",)])
def test_cursor_round_trip(key: tuple[str, ...]) -> None:
    assert decode_cursor(encode_cursor(key)) == key


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor", ["", "%%%", "bm90IGpzb24", "W10", "WzFd", "WyJcdTAwMDAiXQ", "WyJcdWQ4MDAiXQ", encoded("[" * 5_000)]
)
def test_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(cursor)


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "1_0", "１", " 5", "9" * 5_000])
def test_page_sizes_outside_the_range(limit: str) -> None:
    with pytest.raises(InvalidLimit):
        PageRequest.parse(limit, None)


def test_the_extra_row_tells_that_there_is_more() -> None:
    page = Page.of(["a", "b", "c"], PageRequest(limit=2), lambda row: (row,))
    assert (page.items, page.next_cursor) == (["a", "b"], encode_cursor(("b",)))


def test_the_last_page_has_no_cursor() -> None:
    page = Page.of(["a", "b"], PageRequest(limit=2), lambda row: (row,))
    assert (page.items, page.next_cursor) == (["a", "b"], None)


@pytest.mark.parametrize(
    ("text", "size"), [("8GiB", 8 * 2**30), ("8GB", 8 * 10**9), ("1.5KiB", 1536), ("512 MiB", 2**29), ("7B", 7)]
)
def test_binary_and_decimal_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


def test_a_decimal_gigabyte_needs_954_mib() -> None:
    assert parse_mib("1GB") == 954


@pytest.mark.parametrize(
    "text", ["8", "8gib", "-1GiB", "GiB", "1.3B", "8 iB", "٣GiB", "9" * 19 + "B", "1." + "0" * 19 + "B"]
)
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        parse_bytes(text)


@pytest.mark.parametrize("digits", [10**6, 10**6 + 10])
def test_a_size_of_a_million_digits_is_refused_in_few_words(digits: int) -> None:
    with pytest.raises(InvalidQuantity) as refused:
        parse_mib("9" * digits + "GiB")
    assert len(str(refused.value)) < 300


def test_a_stepped_wall_clock_leaves_monotonic_time_alone() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.step(timedelta(hours=-1))
    assert clock.now() == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert clock.monotonic() == 0.0


@pytest.mark.wall_clock
def test_clock_file_steps_the_clock(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock")
    before = clock.now()
    (tmp_path / "clock").write_text("3600")
    assert timedelta(minutes=59) < clock.now() - before < timedelta(minutes=61)


def test_deadline_only_gets_nearer() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    deadline = Deadline.after(10, clock)
    assert deadline.sooner(3).remaining() == 3
    assert deadline.sooner(30).remaining() == 10
    clock.advance(timedelta(seconds=10))
    with pytest.raises(DeadlineExceeded):
        deadline.check()


@pytest.mark.parametrize("part", ["", "-1", "+1", "1.0", "1e3", " 1", "١", "1000000000"])
def test_a_cursor_whose_number_is_none_is_refused(part: str) -> None:
    with pytest.raises(InvalidCursor):
        whole_number(part)


def test_a_number_in_a_cursor_may_have_as_many_digits_as_its_column() -> None:
    assert (whole_number("999999999"), whole_number("1000000000", digits=18)) == (999_999_999, 1_000_000_000)
