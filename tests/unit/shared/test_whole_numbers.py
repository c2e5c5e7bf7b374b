"""Whole numbers of queries, headers and cursors."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.utils.whole_numbers import parse_whole_number
from shared.web.schemas import QueryNumber


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("0012", 12), ("9" * 18, 10**18 - 1)])
def test_digits_are_read_as_a_number(text: str, number: int) -> None:
    assert parse_whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1_0", " 1", "1\n", "1.0", "1e3", "１", "٣", "²", "9" * 19, "9" * 5_000, "ten"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="written with digits"):
        parse_whole_number(text)


def test_a_number_has_no_more_digits_than_it_may() -> None:
    assert parse_whole_number("999", 3) == 999
    with pytest.raises(ValueError, match="at most 3"):
        parse_whole_number("1000", 3)


def test_a_number_of_a_query_is_written_in_one_way() -> None:
    read = TypeAdapter(QueryNumber).validate_python
    assert [read("60"), read("-60")] == [60, -60]
    for text in ("6_0", "+60", "60.0", " 60", "٦٠", "--60", "-", "9" * 5_000):
        with pytest.raises(ValidationError):
            read(text)
