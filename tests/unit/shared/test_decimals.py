"""Decimals keep every digit."""

from decimal import Decimal, Inexact

import pytest

from shared.utils.decimals import EXACT, parse_decimal, plain, rounded_to


@pytest.mark.parametrize("text", ["0", "-12.50", "00012", "9" * 60 + "." + "1" * 60])
def test_plain_text_is_read_as_it_is(text: str) -> None:
    assert parse_decimal(text) == Decimal(text)


@pytest.mark.parametrize("text", ["", "1e3", "１", "1_0", " 1", "1\n", "+1", "1.", ".1", "--1", "NaN", "Infinity", "٣"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="digits and a point"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [("100", "100"), ("1E+3", "1000"), ("12.500", "12.5"), ("0.000", "0"), ("-0.0", "0"), ("-0.10", "-0.1")],
)
def test_numbers_are_written_plainly(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


def test_writing_keeps_more_digits_than_decimal_itself_would() -> None:
    assert plain(Decimal("12345678901234567890123456.123456789012")) == "12345678901234567890123456.123456789012"


@pytest.mark.parametrize(
    ("number", "places", "rounded"),
    [("0.5", 0, "1"), ("-0.5", 0, "-1"), ("2.5", 0, "3"), ("0.0049", 2, "0.00"), ("-0.004", 2, "0.00")],
)
def test_halves_go_away_from_zero_and_nothing_is_minus_zero(number: str, places: int, rounded: str) -> None:
    assert str(rounded_to(Decimal(number), places)) == rounded


def test_arithmetic_that_would_round_is_an_error() -> None:
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
