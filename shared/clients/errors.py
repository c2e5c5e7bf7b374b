"""Errors of a call to another service: what it answered, or that it didn't."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from shared import errors
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

    code, title = "upstream_unavailable", "Upstream unavailable"
    reached = True


class UpstreamNotReached(UpstreamUnavailable):
    """No connection came about: the request was certainly not carried out."""

    reached = False


class NoInstance(ServiceUnavailable):
    """The registry knows no healthy instance of the service."""

    code, title = "no_instance", "No healthy instance"


class CircuitOpen(ServiceUnavailable):
    """The service has failed several times in a row and is left alone for a moment."""

    code, title = "circuit_open", "Circuit open"


def error_of(response: httpx.Response) -> OmniCloudError:
    """The error an answer of 400 or above stands for: same status, same code, same detail, same extra members."""
    body = _problem(response)
    status = response.status_code
    code = str(body.get("code") or f"http_{status}")
    detail = str(body.get("detail") or f"{response.request.url.host} answered {status}")
    extra = {str(name): value for name, value in body.items() if name not in PROBLEM_MEMBERS}
    return error_class(status, code)(detail, **extra)


@cache
def error_class(status: int, code: str) -> type[OmniCloudError]:
    """The class for a status and a code, so that callers can catch by class or switch on the code."""
    same_status = [known for known in KNOWN if known.status == status]
    exact = next((known for known in same_status if known.code == code), None)
    if exact is not None:
        return exact
    base = same_status[0] if same_status else OmniCloudError
    return type(base.__name__, (base,), {"status": status, "code": code, "__doc__": base.__doc__})


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The members of a problem body (RFC 9457); none when the answer isn't one."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
