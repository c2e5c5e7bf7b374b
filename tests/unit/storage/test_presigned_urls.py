"""Presigned URLs are bound to one method, one object and one time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.storage.domain.presigned_urls import (
    InvalidPresign,
    SignatureMismatch,
    UrlExpired,
    UrlRevoked,
    ensure_signer,
    grant,
    sign,
    verify,
)
from tests.unit.watched import Watched

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
SECRET = "a-signing-key-of-at-least-thirty-two-bytes"
GRANT = grant("GET", "t-1", "photos", "cat.jpg", "", timedelta(minutes=5), NOW)


def test_a_grant_ends_at_a_whole_second() -> None:
    assert GRANT.expires_at == 1_769_947_500


def test_the_signed_request_is_let_through_until_the_expiry() -> None:
    verify(GRANT, sign(GRANT, SECRET), SECRET, NOW + timedelta(minutes=5) - timedelta(seconds=1))


def test_at_the_expiry_it_is_over() -> None:
    with pytest.raises(UrlExpired):
        verify(GRANT, sign(GRANT, SECRET), SECRET, NOW + timedelta(minutes=5))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"tenant_id": "t-2"},
        {"bucket": "other"},
        {"key": "dog.jpg"},
        {"version_id": "v1"},
        {"expires_at": GRANT.expires_at + 1},
        {"bucket": "photosc", "key": "at.jpg"},
    ],
)
def test_any_other_request_does_not_match_the_signature(change: dict[str, Any]) -> None:
    with pytest.raises(SignatureMismatch):
        verify(replace(GRANT, **change), sign(GRANT, SECRET), SECRET, NOW)


@pytest.mark.parametrize(("method", "seconds"), [("POST", 60), ("get", 60), ("GET", 0), ("GET", -1), ("GET", 604_801)])
def test_a_method_or_an_expiry_that_cannot_be_signed_is_refused(method: str, seconds: int) -> None:
    with pytest.raises(InvalidPresign):
        grant(method, "t-1", "b", "k", "", timedelta(seconds=seconds), NOW)


def test_seven_days_is_the_longest_expiry() -> None:
    assert grant("GET", "t-1", "b", "k", "", timedelta(days=7), NOW).expires_at == 1_770_552_000


def test_a_signature_that_is_no_hexadecimal_text_does_not_match_either() -> None:
    with pytest.raises(SignatureMismatch):
        verify(GRANT, "é" * 64, SECRET, NOW)


def test_who_signed_and_when_are_under_the_signature() -> None:
    signed = grant("GET", "t-1", "b", "k", "", timedelta(minutes=5), NOW, "u-1")
    assert (signed.signer, signed.signed_at) == ("u-1", 1_769_947_200_000)
    for change in ({"signer": "u-2"}, {"signer": ""}, {"signed_at": signed.signed_at + 1}):
        with pytest.raises(SignatureMismatch):
            verify(replace(signed, **change), sign(signed, SECRET), SECRET, NOW)


def test_a_url_is_worth_nothing_once_its_signer_has_lost_a_right() -> None:
    signed = grant("GET", "t-1", "b", "k", "", timedelta(minutes=5), NOW, "u-1")
    ensure_signer(signed, None)
    ensure_signer(signed, NOW - timedelta(milliseconds=1))
    for later in (timedelta(0), timedelta(milliseconds=1), timedelta(days=1)):
        with pytest.raises(UrlRevoked):
            ensure_signer(signed, NOW + later)


@pytest.mark.parametrize("place", [0, 31, 63])
def test_a_wrong_signature_is_looked_at_as_far_wherever_it_begins_to_be_wrong(place: int) -> None:
    genuine = sign(GRANT, SECRET)
    wrong = Watched(genuine[:place] + ("0" if genuine[place] != "0" else "1") + genuine[place + 1 :])
    with pytest.raises(SignatureMismatch):
        verify(GRANT, wrong, SECRET, NOW)
    assert wrong.looked in (0, len(genuine))
