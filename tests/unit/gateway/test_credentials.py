"""Where the access token stands in a request."""

import base64

import pytest

from services.gateway.domain.credentials import access_token
from shared.errors import Unauthenticated


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_request_without_the_header_brings_no_token() -> None:
    assert access_token("") is None


@pytest.mark.parametrize(
    "header", ["Bearer t.o.k", "bearer t.o.k", "Bearer  t.o.k", basic("terraform:t.o.k"), basic(":t.o.k")]
)
def test_a_token_comes_as_a_bearer_token_or_as_a_password(header: str) -> None:
    assert access_token(header) == "t.o.k"


def test_a_password_may_have_colons() -> None:
    assert access_token(basic("user:a:b")) == "a:b"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Digest username=x", "send the access token as a bearer token"),
        ("Basic not base64", "the Basic credentials can't be read"),
        ("Basic /////w==", "the Basic credentials can't be read"),
        ("Basic é", "the Basic credentials can't be read"),
        ("Basic Ã©", "the Basic credentials can't be read"),
    ],
)
def test_any_other_credentials_are_refused(header: str, message: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        access_token(header)
    assert refused.value.detail == message
