"""A record verifies after PostgreSQL has kept its numbers its own way."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.audit.domain.chain import EMPTY, Entry, append, verify
from services.audit.domain.numbers import LARGEST_EXACT, Numbers

LARGEST = 1.7976931348623157e308
MADE = Entry("e-1", "monitor.alert.firing", "al-1", "service:monitor", "2026-01-01T00:00:00.000000Z", "c-1", {})


def as_jsonb(text: str) -> str:
    """JSON as jsonb gives it back: numbers are decimals, written without an exponent."""
    marked = json.dumps(json.loads(text, parse_float=lambda number: f"#{Decimal(number):f}#"))
    return marked.replace('"#', "").replace('#"', "")


@pytest.mark.parametrize(
    "number",
    [
        *(0.0, -0.0, 0.1, -0.1, 1.0, 1e-7, 5e-324, 1.5, 1e15, 9007199254740994.0, 1e16, 1.8014398509481982e16),
        *(-1.8014398509481982e16, 1e21, 1e22, 1e23, 1.2345678901234567e25, LARGEST, -LARGEST),
        *(0, -1, LARGEST_EXACT, -LARGEST_EXACT),
    ],
)
def test_what_is_read_back_is_what_was_hashed(number: float) -> None:
    data = {"value": number, "nested": {"list": [number, {"deep": number}], "text": str(number)}}
    record = append("t-1", EMPTY, replace(MADE, data=data))
    found = json.loads(as_jsonb(json.dumps(data)), cls=Numbers)
    assert found == data
    assert verify("t-1", [replace(record, entry=replace(record.entry, data=found))]).valid


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("18014398509481982", 1.8014398509481982e16),
        ("100000000000000000000000", 1e23),
        ("9007199254740991", LARGEST_EXACT),
        ("[true, null, 7]", [True, None, 7]),
    ],
)
def test_a_whole_number_that_only_a_double_can_be_is_one(stored: str, expected: Any) -> None:
    found = json.loads(stored, cls=Numbers)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("edited", [18014398509481983, 18014398509481981, 2**60, 10**400])
def test_a_number_that_was_edited_shows_even_where_it_is_the_same_double(edited: int) -> None:
    record = append("t-1", EMPTY, replace(MADE, data={"value": 1.8014398509481982e16}))
    found = json.loads(json.dumps({"value": edited}), cls=Numbers)
    assert verify("t-1", [replace(record, entry=replace(record.entry, data=found))]).first_invalid == 1
