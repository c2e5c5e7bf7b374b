"""Object keys, by S3's rules."""

from __future__ import annotations

import pytest

from services.storage.domain.objects import InvalidObjectKey, valid_object_key


def test_a_key_is_measured_in_bytes_of_utf8() -> None:
    assert valid_object_key("ü" * 512) == "ü" * 512
    with pytest.raises(InvalidObjectKey):
        valid_object_key("ü" * 512 + "a")


@pytest.mark.parametrize("key", ["", "a\x00b", "a\nb", "\x7f"])
def test_an_empty_key_or_one_with_control_characters_is_refused(key: str) -> None:
    with pytest.raises(InvalidObjectKey):
        valid_object_key(key)
