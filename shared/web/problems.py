"""RFC 9457 problem details: the one shape in which an error leaves a service."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from shared.errors import OmniCloudError
from shared.kernel.context import current_or_none

MEDIA_TYPE = "application/problem+json"


def problem_body(error: OmniCloudError, instance: str) -> dict[str, Any]:
    """The body for an expected error. `type` is a stable URN made of the machine code."""
    return body(error.status, error.code, error.title, error.detail, instance, error.extra)


def body(
    status: int, code: str, title: str, detail: str, instance: str, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A problem body from its parts."""
    context = current_or_none()
    return {
        **(extra or {}),
        "type": f"urn:omnicloud:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
        "correlation_id": context.correlation_id if context else None,
    }


def http_problem(status: int, detail: str, instance: str) -> dict[str, Any]:
    """The body for an error that a framework raised by its HTTP status alone."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Error"
    code = {404: "not_found", 405: "method_not_allowed", 400: "bad_request", 415: "unsupported_media_type"}.get(
        status, phrase.lower().replace(" ", "_").replace("-", "_")
    )
    return body(status, code, phrase, detail or phrase, instance)


def internal_problem(instance: str) -> dict[str, Any]:
    """The body for an unexpected error. It tells nothing of the inside; the log has the traceback."""
    return body(
        500,
        "internal_error",
        "Internal error",
        "an unexpected error; the log has the details",
        instance,
    )
