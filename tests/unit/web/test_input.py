"""What may come in at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import OmniCloudError
from shared.web.edge import refused
from shared.web.input import (
    LARGEST_INTEGER,
    MAX_DEPTH,
    MAX_JSON_BYTES,
    check_headers,
    check_path,
    check_query,
    check_target,
    parse_json,
)


def code_of(refusal: pytest.ExceptionInfo[OmniCloudError]) -> str:
    return refusal.value.code


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        (b"/v1/a%00b", b"", "invalid_target"),
        (b"/v1/a%09b", b"", "invalid_target"),
        (b"/v1/a%7Fb", b"", "invalid_target"),
        (b"/v1/a\xc3\xa9", b"", "invalid_target"),
        (b"/v1/a%E9", b"", "invalid_target"),
        (b"/v1/%ED%A0%80", b"", "invalid_target"),
        (b"/v1/100%", b"", "invalid_target"),
        (b"/v1/%4", b"", "invalid_target"),
        (b"/v1/%zz", b"", "invalid_target"),
        (b"/v1/a#b", b"", "invalid_target"),
        (b"/v1/a", b"name=%00", "invalid_target"),
        (b"/v1/a", b"name=\xe9", "invalid_target"),
        (b"/v1/a", b"name=%E9", "invalid_target"),
        (b"/v1/" + b"x" * 1_025, b"", "target_too_long"),
        (b"/v1/" + b"a/" * 4_100, b"", "target_too_long"),
        (b"/v1/a", b"x" * 8_192, "target_too_long"),
    ],
)
def test_targets_that_are_no_text_are_refused(path: bytes, query: bytes, code: str) -> None:
    with pytest.raises(OmniCloudError) as refusal:
        check_target(path, query)
    assert code_of(refusal) == code


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (b"/v1/objects/" + b"x" * 1_024, b""),
        (b"/v1/objects/a%252Fb/x/../y//%F4%8F%BF%BF", b"prefix=%F4%8F%BF%BF&after=100%"),
        (b"/", b"text=one%0Atwo"),
    ],
)
def test_every_text_passes(path: bytes, query: bytes) -> None:
    check_target(path, query)


def test_a_decoded_path_is_judged_by_the_same_rules() -> None:
    check_path("/v1/objects/Müller%".encode())
    for path in (b"/a\x00", b"/a\n", b"/a\xe9"):
        with pytest.raises(OmniCloudError):
            check_path(path)
    with pytest.raises(OmniCloudError):
        check_query(b"a=%00")


@pytest.mark.parametrize("value", ["a\x00b", "a\rb", "a\x7fb", "M\xfcller"])
def test_headers_that_are_no_text_are_refused(value: str) -> None:
    with pytest.raises(OmniCloudError) as refusal:
        check_headers([("X-Name", value)])
    assert code_of(refusal) == "invalid_header"


def test_headers_of_ascii_or_utf_8_pass_and_one_host_is_enough() -> None:
    check_headers([("Host", "a"), ("X-Name", "tab\there"), ("X-Other", "Müller".encode().decode("latin-1"))])
    with pytest.raises(OmniCloudError) as refusal:
        check_headers([("Host", "a"), ("host", "b")])
    assert code_of(refusal) == "invalid_header"


REPEATED_LAST = b"{" + b",".join(b'"%d":0' % name for name in [*range(200_000), 199_999]) + b"}"
"""Hours of work for whoever compares each name with all others."""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "bad_request"),
        (b"", "bad_request"),
        (b"\xff", "bad_request"),
        (b"\xef\xbb\xbf{}", "bad_request"),
        (b"NaN", "bad_request"),
        (b"[-Infinity]", "bad_request"),
        (b'{"a": 1, "a": 2}', "bad_request"),
        (REPEATED_LAST, "bad_request"),
        (b'"a\tb"', "bad_request"),
        (b"[" * 101 + b"]" * 101, "bad_request"),
        (b"[" * 100_000, "bad_request"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "bad_request"),
        (b"9007199254740992", "invalid_number"),
        (b"-9007199254740992", "invalid_number"),
        (b"1" * 5_000, "invalid_number"),
        (b"1e16", "invalid_number"),
        (b"1e999", "invalid_number"),
        (b"1e-999", "invalid_number"),
        (b"0e99999999999999999999", "invalid_number"),
        (b"3.14159265358979323846264338327950288", "invalid_number"),
        (b'"\\u0000"', "invalid_text"),
        (b'{"a\\u0000": 1}', "invalid_text"),
        (b'["\\ud800"]', "invalid_text"),
        (b'["\\udc00\\ud800"]', "invalid_text"),
        (b" " * (MAX_JSON_BYTES + 1), "payload_too_large"),
    ],
)
def test_json_that_would_come_back_as_something_else_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(OmniCloudError) as refusal:
        parse_json(body)
    assert code_of(refusal) == code
    assert 400 <= refusal.value.status < 500


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"9007199254740991", LARGEST_INTEGER),
        (b"0.1", 0.1),
        (b"1e2", 100.0),
        (b"0.30000000000000004", 0.30000000000000004),
        (b"5e-324", 5e-324),
        (b'"\\ud83d\\ude00"', "😀"),
        ('"M\u00fcller \U0010ffff"'.encode(), "Müller \U0010ffff"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
    ],
)
def test_what_can_be_kept_is_read_as_it_is(body: bytes, value: Any) -> None:
    assert value is None or parse_json(body) == value
    parse_json(body)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.floats(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner)
    ),
)


@given(JSON)
def test_whatever_passes_comes_back_as_it_was_sent(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary())
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    refusal = refused(lambda: parse_json(body) and None)
    assert refusal is None or 400 <= refusal.status < 500
