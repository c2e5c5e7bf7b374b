"""Which service a path belongs to, and which upstream instance gets the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote

from shared import services
from shared.errors import NotFound

PREFIX = "/api/"
SIGNED = "/v1/signed/"
WELL_KNOWN = "/.well-known/oauth-authorization-server"
"""Where clients look for the authorization server's metadata (RFC 8414 §3)."""
GUESSED = frozenset({"/v1/tokens", "/v1/me/password"})
"""Where auth compares a password with an account's."""

T = TypeVar("T")


class NoRoute(NotFound):
    """No service answers under this path."""

    code = "no_route"


@dataclass(frozen=True)
class Route:
    """A service and the path as the service sees it."""

    service: str
    path: str


def route(path: str) -> Route:
    """`/api/compute/v1/instances` → compute, `/v1/instances`.

    Only the versioned API is reachable from outside, never health, metrics or anything else. The OpenAPI document is.
    Raises NoRoute.
    """
    if path == WELL_KNOWN:
        return Route("auth", "/v1" + WELL_KNOWN)
    if not path.startswith(PREFIX):
        raise NoRoute("paths begin with /api/<service>/")
    service, _, rest = path[len(PREFIX) :].partition("/")
    if service not in services.ROUTED:
        raise NoRoute(f"there is no service {service!r}")
    inner = "/" + rest
    if ".." in inner.split("/") or not (inner.startswith("/v1/") or inner == "/openapi.json"):
        raise NoRoute("a service's API lies under /v1/")
    return Route(service, inner)


def guesses(target: Route, method: str) -> bool:
    """Whether a request goes where a password can be guessed, whoever else one is.

    The path is compared as auth reads it: with its escapes decoded, once (RFC 3986 §2.4, §6.2.2.2).
    """
    return target.service == "auth" and method == "POST" and unquote(target.path).rstrip("/") in GUESSED


def heeds_keys(target: Route, method: str) -> bool:
    """Whether a service makes one effect of two requests with the same idempotency key, from a caller it knows."""
    return method in {"POST", "PUT", "PATCH", "DELETE"} and not guesses(target, method)


def signed_for(target: Route) -> str | None:
    """The tenant in whose name a presigned URL acts; None for any other request.

    It stands under the signature, which storage verifies: whoever changes it has no access anyway.
    """
    path = unquote(target.path)  # As storage reads it, whose routes are matched with the decoded path.
    if target.service != "storage" or not path.startswith(SIGNED):
        return None
    return path[len(SIGNED) :].partition("/")[0]


def rotate(candidates: Sequence[T], turn: int) -> list[T]:
    """The candidates in round-robin order for the given turn: the first is tried, the others are for retries."""
    if not candidates:
        return []
    start = turn % len(candidates)
    return [*candidates[start:], *candidates[:start]]
