"""What can be stored, and what is refused before anything tries."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import BadRequest
from shared.web.storable import MAX_DEPTH, refuse_unreadable, refuse_unstorable


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", ["", "ä\n\t\x1f\U0010ffff", {"a": [1, None, True, "b"]}, nested(MAX_DEPTH - 1), 1.5])
def test_values_of_json_are_taken(value: Any) -> None:
    refuse_unstorable(value)


@pytest.mark.parametrize(
    "value", ["a\0", {"a\0": 1}, {"a": [{"b": "\0"}]}, "\ud800", ["x", {"y": "a\udfffb"}], nested(5_000)]
)
def test_nul_half_characters_and_endless_nesting_are_refused(value: Any) -> None:
    with pytest.raises(BadRequest):
        refuse_unstorable(value)


@pytest.mark.parametrize("address", [b"/v1/zones/a%00b", b"/v1/zones/%ff", b"cursor=%ed%a0%80", b"name=\xff"])
def test_an_address_that_is_no_text_is_refused(address: bytes) -> None:
    with pytest.raises(BadRequest):
        refuse_unreadable(address)


def test_an_address_in_utf_8_is_taken() -> None:
    refuse_unreadable(b"/v1/zones/%C3%A4?name=%E2%82%AC%25")
