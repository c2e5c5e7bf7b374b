"""Object keys, by S3's rules."""

from __future__ import annotations

import pytest

from services.storage.domain.objects import (
    InvalidContentType,
    InvalidObjectKey,
    valid_content_type,
    valid_object_key,
)


def test_a_key_is_measured_in_bytes_of_utf8() -> None:
    assert valid_object_key("ü" * 512) == "ü" * 512
    with pytest.raises(InvalidObjectKey):
        valid_object_key("ü" * 512 + "a")


@pytest.mark.parametrize("key", ["", "a\x00b", "a\nb", "\x7f"])
def test_an_empty_key_or_one_with_control_characters_is_refused(key: str) -> None:
    with pytest.raises(InvalidObjectKey):
        valid_object_key(key)


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(InvalidObjectKey):
        valid_object_key("a\ud800")


@pytest.mark.parametrize("key", ["\U0010ffff", "a/../b", "./x", "//", " a ", "%2F", "a?b#c", "ü☃"])
def test_any_other_text_is_a_key(key: str) -> None:
    assert valid_object_key(key) == key


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "x", "a" * 255, 'a/b; c="d,e"'])
def test_a_content_type_is_what_a_header_can_hold(content_type: str) -> None:
    assert valid_content_type(content_type) == content_type


@pytest.mark.parametrize(
    "content_type", ["", "a" * 256, "text/html\r\nX-Injected: yes", "text/html\n", "text/→", "text/\x00html", " a", "é"]
)
def test_a_content_type_that_would_be_more_than_one_header_or_none_is_refused(content_type: str) -> None:
    with pytest.raises(InvalidContentType):
        valid_content_type(content_type)
