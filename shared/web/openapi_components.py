"""What every OpenAPI document of the platform has in common: problem bodies, headers, parameters and credentials.

The same names in all fifteen documents, so that the gateway's joint document holds each of them once.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from shared.error_codes import ALL, of_status
from shared.kernel.context import CORRELATION_HEADER, DEADLINE_HEADER, IDEMPOTENCY_HEADER
from shared.kernel.identity import TENANT_HEADER
from shared.utils.pagination import DEFAULT_LIMIT, MAX_LIMIT
from shared.web.edge import MAX_CORRELATION_LENGTH
from shared.web.idempotency import MAX_KEY_LENGTH, REPLAYED_HEADER
from shared.web.problems import MEDIA_TYPE

Schema = dict[str, Any]

TAG = r'(W/)?"[^"\x00-\x20\x7f]*"'
"""An entity tag (RFC 9110 §8.8.3)."""


def listed(tag: str) -> str:
    """The pattern of a condition: `*`, or a list of tags."""
    return rf"^[ \t]*(\*|({tag})([ \t]*,[ \t]*({tag}))*)[ \t]*$"


PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457). Switch on `code`, which is permanent; `/problems` explains every one.",
    "required": ["type", "title", "status", "detail", "code", "instance", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Where the code is explained"},
        "title": {"type": "string", "description": "The same for every occurrence of the code"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong this time"},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "instance": {"type": "string", "description": "The path that was asked for"},
        "correlation_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "description": "Which fields are refused, and why",
            "items": {"anyOf": [{"$ref": "#/components/schemas/ProblemField"}, {"type": "string"}]},
        },
        "retry_after": {"type": "number", "description": "Seconds after which to try again", "minimum": 0},
    },
    "additionalProperties": True,
}
FIELD_SCHEMA: Schema = {
    "type": "object",
    "title": "ProblemField",
    "required": ["message"],
    "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
    "additionalProperties": True,
}
OAUTH_SCHEMA: Schema = {
    "type": "object",
    "title": "OAuthError",
    "description": "A refusal of a request that came as a form (RFC 6749 §5.2), with the problem's members beside.",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    "additionalProperties": True,
}
SCHEMAS: Mapping[str, Schema] = {"Problem": PROBLEM_SCHEMA, "ProblemField": FIELD_SCHEMA, "OAuthError": OAUTH_SCHEMA}

HEADERS: Mapping[str, dict[str, Any]] = {
    "X-Correlation-Id": {
        "description": "By which the platform's logs know the request",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_CORRELATION_LENGTH},
    },
    "X-Trace-Id": {
        "description": "The trace that the request is part of (W3C Trace Context)",
        "schema": {"type": "string"},
    },
    "Server-Timing": {
        "description": "How many statements the service's database was sent",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The version of what is answered, for `If-Match` (RFC 9110 §8.8.3)",
        "schema": {"type": "string", "pattern": '^"[^"]*"$'},
    },
    REPLAYED_HEADER: {
        "description": "Whether this is the answer that an earlier request with the same key was given",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "Seconds after which to try again (RFC 9110 §10.2.3)",
        "schema": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"},
    },
    "WWW-Authenticate": {
        "description": "How to say who one is (RFC 9110 §11.6.1)",
        "schema": {"type": "string"},
    },
}

PARAMETERS: Mapping[str, dict[str, Any]] = {
    "TenantId": {
        "name": TENANT_HEADER,
        "in": "header",
        "description": "The tenant that an operator acts in; for anybody else their own",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "CorrelationId": {
        "name": CORRELATION_HEADER,
        "in": "header",
        "description": "An id of the caller's own, which every log has; another one is made where it isn't usable",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_CORRELATION_LENGTH},
    },
    "Traceparent": {
        "name": "traceparent",
        "in": "header",
        "description": "The caller's trace (W3C Trace Context)",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"},
    },
    "RequestDeadline": {
        "name": DEADLINE_HEADER,
        "in": "header",
        "description": "How many milliseconds the caller will wait; the platform's own limit where that is shorter",
        "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    },
    "IdempotencyKey": {
        "name": IDEMPOTENCY_HEADER,
        "in": "header",
        "description": "The same for every repetition of a request: it then has one effect, and one answer",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[ -~]*[!-~][ -~]*$"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The entity tag of the version that was read: nothing is done where it isn't the present one",
        "schema": {"type": "string", "pattern": listed(TAG)},
    },
    "Limit": {
        "name": "limit",
        "in": "query",
        "description": "Items a page",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    },
    "Cursor": {
        "name": "cursor",
        "in": "query",
        "description": "`next_cursor` of the page before; the first page without one",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]*$"},
    },
}
EVERYWHERE = ("TenantId", "CorrelationId", "Traceparent", "RequestDeadline")
"""What may be sent with any request."""

SECURITY_SCHEMES: Mapping[str, dict[str, Any]] = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token of `POST /api/auth/v1/tokens`, or an API key (RFC 6750 §2.1)",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "Any name, and an access token or an API key as password (RFC 7617)",
    },
}
NEEDED: list[dict[str, list[str]]] = [{"accessToken": []}, {"basic": []}]
OPTIONAL: list[dict[str, list[str]]] = [{}, *NEEDED]

HEADERS_OF_STATUS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_NAMES = {413: "ContentTooLarge", 414: "UriTooLong", 422: "UnprocessableContent"}
"""As RFC 9110 §15.5 has them; Python's names were changed on the way."""
ANSWERED_BY_ALL = ("X-Correlation-Id", "X-Trace-Id", "Server-Timing")


def reference(kind: str, name: str) -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def header_references(*names: str) -> dict[str, Any]:
    """Those headers of an answer, and the ones that all answers have."""
    return {name: reference("headers", name) for name in (*ANSWERED_BY_ALL, *names)}


def response_name(status: int) -> str:
    """The component's name of a refusal: `NotFound`."""
    words = HTTPStatus(status).phrase.replace("-", " ").split()
    return _NAMES.get(status) or "".join(word.capitalize() for word in words)


def refusal(status: int, *, empty: bool = False, as_form: bool = False) -> dict[str, Any]:
    """A refusal of this status: a problem body; none where the answer has no content, as to HEAD. Who sends a form
    gets the refusal in OAuth's form, too."""
    answer: dict[str, Any] = {
        "description": _meaning(status),
        "headers": header_references(*HEADERS_OF_STATUS.get(status, ())),
    }
    if not empty:
        answer["content"] = {MEDIA_TYPE: {"schema": reference("schemas", "Problem")}}
    if as_form:
        answer["content"]["application/json"] = {"schema": reference("schemas", "OAuthError")}
    return answer


def _meaning(status: int) -> str:
    """Title and explanation of the code that stands for the status."""
    entry = of_status(status)
    if entry.status != status:
        entry = next(each for each in ALL if each.status == status)
    return f"{entry.title}. {entry.explanation}"
