"""Errors of a call to another service: what it answered, or that it didn't."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import new_class
from typing import Any

import httpx

from shared import errors
from shared.error_codes import BY_CODE, of_status
from shared.errors import OmniCloudError, ServiceUnavailable

PROBLEM_MEMBERS = frozenset({"type", "title", "status", "detail", "code", "instance", "correlation_id"})
KNOWN: tuple[type[OmniCloudError], ...] = (
    errors.BadRequest, errors.Unauthenticated, errors.Forbidden, errors.QuotaExceeded, errors.NotFound,
    errors.MethodNotAllowed, errors.Conflict, errors.VersionConflict, errors.ValidationFailed, errors.Locked,
    errors.TooManyRequests, errors.BadGateway, errors.ServiceUnavailable, errors.DeadlineExceeded,
)  # fmt: skip
"""The first of a status stands for every code of that status that isn't listed itself."""

NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""The HTTP client's errors of a request that certainly wasn't carried out: no connection came about."""


class UpstreamUnavailable(ServiceUnavailable):
    """A service gave no answer. `reached` says whether it may have seen, and carried out, the request."""

    code = "upstream_unavailable"
    reached = True


class UpstreamNotReached(UpstreamUnavailable):
    """No connection came about: the request was certainly not carried out."""

    reached = False


class NoInstance(ServiceUnavailable):
    """The registry knows no healthy instance of the service."""

    code = "no_instance"


class CircuitOpen(ServiceUnavailable):
    """The service has failed several times in a row and is left alone for a moment."""

    code = "circuit_open"


def error_of(response: httpx.Response) -> OmniCloudError:
    """The error an answer of 400 or above stands for: same status, same code, same detail, same extra members."""
    body = _problem(response)
    status = response.status_code
    code = str(body.get("code") or of_status(status).code)
    detail = str(body.get("detail") or f"{response.request.url.host} answered {status}")
    extra = {str(name): value for name, value in body.items() if name not in PROBLEM_MEMBERS}
    return error_class(status, code)(detail, **extra)


@cache
def error_class(status: int, code: str) -> type[OmniCloudError]:
    """The class for a status and a code, so that callers can catch by class or switch on the code.

    The code is the other service's: it may be newer than our list, or its status another, and is kept as it came.
    """
    same_status = [known for known in KNOWN if known.status == status]
    exact = next((known for known in same_status if known.code == code), None)
    if exact is not None:
        return exact
    base = same_status[0] if same_status else OmniCloudError
    listed = BY_CODE.get(code)
    title = listed.title if listed and listed.status == status else base.title
    members = {"status": status, "code": code, "title": title, "__doc__": base.__doc__}
    return new_class(base.__name__, (base,), {"listed": False}, lambda namespace: namespace.update(members))


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The members of a problem body (RFC 9457); none when the answer isn't one."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
