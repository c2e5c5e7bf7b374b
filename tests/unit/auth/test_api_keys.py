"""API keys: format, storage, comparison."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.api_keys import InvalidApiKey, PresentedKey, StoredKey, digest, format_key, parse_key, verify
from tests.unit.watched import Watched

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
KEY_ID = "key-0195512d5f7c7c3b8f4e9a6d2b1c0e3f"
SECRET = "q_3-" + "A" * 39


def test_a_key_is_prefix_id_and_secret_and_reads_back() -> None:
    text = format_key(KEY_ID, SECRET)
    assert text == f"omk_{KEY_ID}_{SECRET}"
    assert parse_key(text) == PresentedKey(KEY_ID, SECRET)


@pytest.mark.parametrize(
    "text",
    ["", "omk_", f"omk_{KEY_ID}", f"oml_{KEY_ID}_{SECRET}", f"omk_{KEY_ID}_{SECRET}\n", f"omk_{KEY_ID}_{SECRET[:-1]}",
     f"omk_key-XYZ_{SECRET}", f"omk_{KEY_ID}_{SECRET}A"],
)  # fmt: skip
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(InvalidApiKey):
        parse_key(text)


def test_what_is_stored_is_the_sha256_of_the_secret() -> None:
    assert digest(SECRET) == hashlib.sha256(SECRET.encode()).hexdigest()


def test_the_right_secret_passes_and_any_other_is_refused() -> None:
    stored = StoredKey(digest(SECRET))
    verify(stored, SECRET, NOW)
    for wrong in ("B" + SECRET[1:], SECRET[:-1] + "B", ""):
        with pytest.raises(InvalidApiKey):
            verify(stored, wrong, NOW)


def looks(stored: str) -> int:
    watched = Watched(stored)
    with pytest.raises(InvalidApiKey):
        verify(StoredKey(watched), SECRET, NOW)
    return watched.looked


def test_a_comparison_looks_at_as_much_wherever_the_first_difference_is() -> None:
    genuine = digest(SECRET)
    other = {character: "0" if character != "0" else "1" for character in "0123456789abcdef"}
    early, late = other[genuine[0]] + genuine[1:], genuine[:-1] + other[genuine[-1]]
    assert looks(early) == looks(late)


def test_a_key_is_over_at_the_instant_it_expires() -> None:
    stored = StoredKey(digest(SECRET), expires_at=NOW)
    verify(stored, SECRET, NOW - timedelta(microseconds=1))
    with pytest.raises(InvalidApiKey):
        verify(stored, SECRET, NOW)


def test_a_revoked_key_is_refused_even_before_it_expires() -> None:
    stored = StoredKey(digest(SECRET), expires_at=NOW + timedelta(days=1), revoked_at=NOW - timedelta(days=1))
    with pytest.raises(InvalidApiKey):
        verify(stored, SECRET, NOW)
