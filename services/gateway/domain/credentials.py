"""Where an access token or an API key stands in a request (RFC 6750 §2.1, RFC 7617)."""

from __future__ import annotations

import base64

from shared.errors import Unauthenticated

API_KEY_PREFIX = "omk_"
"""What auth's API keys begin with, and no access token does."""


def is_api_key(credential: str) -> bool:
    """Whether a credential is meant to be an API key; auth says whether it is one."""
    return credential.startswith(API_KEY_PREFIX)


def access_token(authorization: str) -> str | None:
    """The token, or the API key, in an `Authorization` header: a bearer token, or the password of HTTP Basic
    credentials, by which Terraform's HTTP backend sends one.

    None for an empty header. Raises Unauthenticated for any other scheme, and for credentials that can't be read.
    """
    scheme, _, credentials = authorization.partition(" ")
    credentials = credentials.lstrip(" ")  # One blank or more stand between them (RFC 9110 §11.4).
    match scheme.lower():
        case "":
            return None
        case "bearer":
            return credentials
        case "basic":
            return _password(credentials)
        case _:
            raise Unauthenticated("send the access token as a bearer token")


def _password(credentials: str) -> str:
    try:
        _, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError as error:  # Not ASCII, not Base64, or not UTF-8.
        raise Unauthenticated("the Basic credentials can't be read") from error
    return password
