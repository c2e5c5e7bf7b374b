"""Ranges of bytes, by RFC 9110 §14."""

from __future__ import annotations

import pytest

from services.storage.domain.ranges import ByteRange, RangeNotSatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=0-499", (0, 499)),
        ("bytes=500-999", (500, 999)),
        ("bytes=-500", (500, 999)),
        ("bytes=-2000", (0, 999)),
        ("bytes=999-", (999, 999)),
        ("bytes=0-" + "9" * 5000, (0, 999)),
        ("bytes=000-0009", (0, 9)),
        ("Bytes = 1 - 2", (1, 2)),
    ],
)
def test_one_range_is_cut_to_the_content(header: str, expected: tuple[int, int]) -> None:
    found = parse_range(header, 1000)
    assert found == ByteRange(*expected)
    assert found is not None
    assert found.length == expected[1] - expected[0] + 1


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "bytes=²-", "bytes 1-2"],
)
def test_anything_else_means_the_whole_content(header: str | None) -> None:
    assert parse_range(header, 1000) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=" + "9" * 5000 + "-"])
def test_a_range_behind_the_end_is_refused_with_the_size(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range(header, 1000)
    assert refused.value.headers == {"Content-Range": "bytes */1000"}


def test_an_empty_content_has_no_first_byte_and_all_of_its_last_ones() -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)
    assert parse_range("bytes=-5", 0) is None
