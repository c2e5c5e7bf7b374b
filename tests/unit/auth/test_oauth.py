"""OAuth 2's own forms: requests, refusals, and the document by which clients find their way."""

from typing import Any

import pytest

from services.auth.domain.oauth import UnsupportedGrantType, metadata, parse_form, refusal, token_request
from shared.errors import BadRequest


def test_a_form_is_utf8_with_escapes_and_empty_parameters_are_as_if_left_out() -> None:
    assert parse_form(b"grant_type=password&username=ann%40example.test&password=%C3%BC+%2B&scope=") == {
        "grant_type": "password",
        "username": "ann@example.test",
        "password": "ü +",
    }
    assert parse_form(b"") == {}


@pytest.mark.parametrize(
    "body",
    [b"a=1&a=2", b"nonsense", b"a=%ff", b"\xff=1", b"a=%00", b"&".join(b"f%d=1" % number for number in range(60))],
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_form(body)


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        (
            {"grant_type": "password", "username": "a@b.test", "password": "p", "tenant_id": "t-1", "client_id": "x"},
            {"grant_type": "password", "email": "a@b.test", "password": "p", "tenant_id": "t-1"},
        ),
        (
            {"grant_type": "client_credentials", "client_id": "sa-1", "client_secret": "omk_key"},
            {"grant_type": "api_key", "api_key": "omk_key"},
        ),
        ({"grant_type": "refresh_token", "refresh_token": "r"}, {"grant_type": "refresh_token", "refresh_token": "r"}),
    ],
)
def test_a_token_request_is_what_the_api_takes_in_json(form: dict[str, str], asked: dict[str, str]) -> None:
    assert token_request(form) == asked


def test_a_request_of_no_or_another_type_is_refused() -> None:
    with pytest.raises(BadRequest):
        token_request({"username": "a"})
    with pytest.raises(UnsupportedGrantType):
        token_request({"grant_type": "authorization_code"})


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("invalid_credentials", 401, (400, "invalid_grant")),
        ("invalid_refresh_token", 401, (400, "invalid_grant")),
        ("tenant_suspended", 403, (400, "invalid_grant")),
        ("too_many_attempts", 429, (429, "invalid_grant")),
        ("invalid_api_key", 401, (401, "invalid_client")),
        ("unsupported_grant_type", 400, (400, "unsupported_grant_type")),
        ("validation_failed", 422, (400, "invalid_request")),
    ],
)
def test_refusals_are_told_in_oauths_words(code: str, status: int, expected: tuple[int, str]) -> None:
    problem: dict[str, Any] = {"status": status, "code": code, "detail": "why"}
    answered, body = refusal(problem)
    assert (answered, body["error"]) == expected
    assert (body["error_description"], body["code"]) == ("why", code)


def test_a_failure_of_the_platform_is_no_refusal() -> None:
    problem = {"status": 503, "code": "database_unavailable", "detail": "why"}
    assert refusal(problem) == (503, problem)


def test_the_metadata_has_what_rfc_8414_requires_and_leads_to_the_gateway() -> None:
    found = metadata("issuer", "https://cloud.example")
    assert {"issuer", "response_types_supported", "token_endpoint", "jwks_uri"} <= found.keys()
    assert found["token_endpoint"] == "https://cloud.example/api/auth/v1/tokens"
