"""RFC 9457 problem details: the one shape in which an error leaves a service, and the pages that its type links to."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from shared.error_codes import ALL, BY_CODE, of_status
from shared.errors import NotFound, OmniCloudError
from shared.kernel.context import current_or_none
from shared.kernel.logs import logger

MEDIA_TYPE = "application/problem+json"

log = logger("shared.web.problems")


def problem_body(error: OmniCloudError, instance: str) -> dict[str, Any]:
    """The body for an expected error. What made a dependency fail isn't the caller's to know; the log has it."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and error.__cause__ is not None:
        cause = error.__cause__
        log.warning("a dependency failed", code=error.code, path=instance, reason=f"{type(cause).__name__}: {cause}")
    return body(error.status, error.code, error.title, error.detail, instance, error.extra)


def body(
    status: int, code: str, title: str, detail: str, instance: str, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A problem body from its parts.

    `type` is where the code is explained, under the same host (RFC 9457 §3.1.1 allows a reference with a full path);
    for a code that isn't in the list, another service's, it is `about:blank`.
    """
    context = current_or_none()
    return {
        **(extra or {}),
        "type": f"/problems/{code}" if code in BY_CODE else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
        "correlation_id": context.correlation_id if context else None,
    }


def http_problem(status: int, detail: str, instance: str) -> dict[str, Any]:
    """The body for an error that a framework raised by its HTTP status alone."""
    entry = of_status(status)
    return body(status, entry.code, entry.title, detail or entry.title, instance)


def internal_problem(instance: str) -> dict[str, Any]:
    """The body for an unexpected error. It tells nothing of the inside; the log has the traceback."""
    return http_problem(500, "an unexpected error; the log has the details", instance)


def catalogue() -> dict[str, Any]:
    """What `/problems` answers: every code, by name."""
    return {"items": [asdict(entry) for entry in ALL]}


def explanation(code: str) -> dict[str, Any]:
    """What `/problems/<code>` answers: the code's status, title and meaning. Raises NotFound for an unknown one."""
    if code not in BY_CODE:
        raise NotFound(f"there is no error code {code!r}; /problems lists them")
    return asdict(BY_CODE[code])
