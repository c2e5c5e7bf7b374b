"""OAuth 2's own forms of what the API says in JSON: token requests and refusals (RFC 6749), revocation (RFC 7009) and
the document by which clients find their way (RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from shared.errors import BadRequest

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 50
GRANT_TYPES = ("password", "client_credentials", "refresh_token")
_AS_IN_JSON = {
    "username": "email", "client_secret": "api_key", "token": "refresh_token",
    **{name: name for name in ("grant_type", "tenant_id", "password", "totp_code", "refresh_token", "api_key")},
}  # fmt: skip
_CREDENTIALS = frozenset(
    {"invalid_credentials", "invalid_refresh_token", "invalid_totp", "totp_required", "too_many_attempts",
     "tenant_suspended", "tenant_closed", "not_found", "invalid_email"}
)  # fmt: skip
UNSUPPORTED = "unsupported_grant_type"


class UnsupportedGrantType(BadRequest):
    """No log-in of that type."""

    code = "unsupported_grant_type"


def parse_form(body: bytes) -> dict[str, str]:
    """The parameters of a form (RFC 6749 appendix B): UTF-8, each at most once, empty ones as if left out (§3.2).

    Raises BadRequest.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=bool(body), errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise BadRequest("the body is not a form") from error
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadRequest("a parameter stands in a form once (RFC 6749 §3.2)")
    if any("\x00" in text for text in found.values()):
        raise BadRequest("a parameter holds NUL")
    return found


def token_request(form: Mapping[str, str]) -> dict[str, str]:
    """A form as the token request that the API takes in JSON. What the platform doesn't know is left out (§3.2).

    Client credentials (§4.4) are a service account's: `client_secret` is one of its API keys. Raises BadRequest
    without a type, UnsupportedGrantType for another one.
    """
    if "grant_type" not in form:
        raise BadRequest("grant_type is missing")
    if form["grant_type"] not in (*GRANT_TYPES, "api_key"):
        raise UnsupportedGrantType(f"grant_type is one of {', '.join(GRANT_TYPES)}")
    asked = {_AS_IN_JSON[name]: text for name, text in form.items() if name in _AS_IN_JSON}
    if asked["grant_type"] == "client_credentials":
        asked["grant_type"] = "api_key"
    return asked


def refusal(problem: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of a refusal in OAuth 2's terms (RFC 6749 §5.2); the problem's own members stay beside them."""
    code, status = str(problem.get("code", "")), int(problem["status"])
    if status >= 500:
        return status, dict(problem)
    if code == "invalid_api_key":
        error, status = "invalid_client", 401
    elif code in _CREDENTIALS:
        error, status = "invalid_grant", status if status == 429 else 400
    elif code == UNSUPPORTED:
        error, status = UNSUPPORTED, 400
    else:
        error, status = "invalid_request", status if status in (413, 415, 429) else 400
    return status, {**problem, "status": status, "error": error, "error_description": problem.get("detail", "")}


def metadata(issuer: str, base: str) -> dict[str, Any]:
    """What a client has to know (RFC 8414 §2); `base` is the address under which the client reaches the platform.

    A client compares `issuer` with the address that it began with (§3.3), where that is the platform's public one.
    """
    api = f"{base}/api/auth/v1"
    return {
        "issuer": issuer,
        "token_endpoint": f"{api}/tokens",
        "jwks_uri": f"{api}/jwks",
        "revocation_endpoint": f"{api}/tokens/revoke",
        "grant_types_supported": list(GRANT_TYPES),
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "service_documentation": f"{base}/api/auth/openapi.json",
    }
