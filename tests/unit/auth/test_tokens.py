"""Access tokens (RFC 8725, RFC 9068)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.auth.domain.grants import RoleGrant, Scope
from services.auth.domain.tokens import InvalidToken, SigningKey, Subject, access_claims, key_set, sign, verify

ISSUER = "https://omnicloud.example"
NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
KEY = SigningKey("kid-1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PUBLIC = {"kid-1": KEY.private_key.public_key()}
SUBJECT = Subject("u-1", "t-1", "user", (RoleGrant("member", Scope("p-1")),), ("g-1",), "s-1")


def token(header: dict[str, Any] | None = None, key: SigningKey = KEY, **changes: object) -> str:
    claims = {**access_claims(SUBJECT, NOW, "jti-1", ISSUER), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"typ": "at+jwt", "kid": key.kid, **(header or {})}
    return jwt.encode(claims, key.private_key, "EdDSA", headers)


def test_the_claims_say_who_for_which_tenant_with_which_grants_for_fifteen_minutes() -> None:
    assert access_claims(SUBJECT, NOW, "jti-1", ISSUER) == {
        "iss": ISSUER,
        "aud": "omnicloud",
        "sub": "u-1",
        "iat": 1740830400,
        "exp": 1740831300,
        "jti": "jti-1",
        "client_id": "omnicloud",
        "sid": "s-1",
        "tenant_id": "t-1",
        "kind": "user",
        "grants": [{"role": "member", "scope": "project:p-1"}],
        "grant_ids": ["g-1"],
    }


def test_a_signed_token_verifies_and_names_its_key_and_type() -> None:
    claims = access_claims(SUBJECT, NOW, "jti-1", ISSUER)
    signed = sign(claims, KEY)
    assert jwt.get_unverified_header(signed) == {"alg": "EdDSA", "typ": "at+jwt", "kid": "kid-1"}
    assert verify(signed, PUBLIC, NOW, ISSUER) == claims


def test_a_token_is_over_at_the_second_it_expires() -> None:
    signed = token()
    assert verify(signed, PUBLIC, NOW + timedelta(seconds=899), ISSUER)["sub"] == "u-1"
    with pytest.raises(InvalidToken):
        verify(signed, PUBLIC, NOW + timedelta(seconds=900), ISSUER)


@pytest.mark.parametrize(
    ("origin_lasts", "token_lasts"),
    [
        (timedelta(hours=1), 900),
        (timedelta(seconds=900), 900),
        (timedelta(seconds=1.9), 1),
        (timedelta(seconds=0.9), 0),
    ],
)
def test_a_token_ends_with_what_it_was_given_for_if_that_ends_first(origin_lasts: timedelta, token_lasts: int) -> None:
    claims = access_claims(replace(SUBJECT, ends_at=NOW + origin_lasts), NOW, "jti-1", ISSUER)
    assert claims["exp"] - claims["iat"] == token_lasts


def test_a_token_from_the_future_is_refused() -> None:
    with pytest.raises(InvalidToken):
        verify(token(), PUBLIC, NOW - timedelta(seconds=1), ISSUER)


@pytest.mark.parametrize(
    "changes",
    [{"aud": "billing"}, {"aud": None}, {"iss": "https://another.example"}, {"iss": None}, {"tenant_id": None},
     {"exp": None}, {"jti": None}, {"client_id": None}, {"exp": "soon"}],
)  # fmt: skip
def test_a_token_with_a_wrong_or_missing_claim_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        verify(token(**changes), PUBLIC, NOW, ISSUER)


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"kid": "kid-2"}, {"kid": ""}, {"typ": None}])
def test_a_token_of_another_type_or_unknown_key_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        verify(token(header), PUBLIC, NOW, ISSUER)


def test_the_algorithm_is_never_taken_from_the_token() -> None:
    claims = access_claims(SUBJECT, NOW, "jti-1", ISSUER)
    header = {"typ": "at+jwt", "kid": "kid-1"}
    unsigned = jwt.encode(claims, "", "none", header)
    symmetric = jwt.encode(claims, KEY.private_key.public_key().public_bytes_raw(), "HS256", header)
    for forged in (unsigned, symmetric):
        with pytest.raises(InvalidToken):
            verify(forged, PUBLIC, NOW, ISSUER)


def test_a_token_signed_by_another_key_under_a_known_id_is_refused() -> None:
    other = SigningKey("kid-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(InvalidToken):
        verify(token(key=other), PUBLIC, NOW, ISSUER)


@pytest.mark.parametrize("text", ["", "a.b.c", "nonsense"])
def test_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify(text, PUBLIC, NOW, ISSUER)


def test_the_key_set_publishes_the_public_half_only() -> None:
    assert key_set([("kid-1", KEY.private_key.public_key())]) == {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
                "kid": "kid-1",
                "use": "sig",
                "alg": "EdDSA",
            }
        ]
    }
