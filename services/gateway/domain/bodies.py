"""How large a request's body may be, by where it goes, and how long it may take."""

from __future__ import annotations

from services.gateway.domain.routing import Route

LARGE = {"deploy": ("/v1/states/",), "storage": ("/v1/buckets/", "/v1/signed/")}
"""Terraform's state documents, and objects and their parts: what is in them has no other way."""

PROMPT_BYTES = 2**20
"""What comes within the request's own time."""
BYTES_PER_SECOND = 2**16
"""How fast the rest of a larger body has to come on the whole; the slowest of today's lines are faster."""


def takes_large_bodies(route: Route, idempotency_key: str | None) -> bool:
    """Whether a body may be larger than what is held in memory.

    Not with an idempotency key: the service would have to hold the whole body to compare it with the first one.
    """
    return idempotency_key is None and route.path.startswith(LARGE.get(route.service, ()))


def receiving_seconds(left: float, declared: int | None, limit: int) -> float:
    """How long a body may take where the request has `left` seconds: longer for a large one.

    One that doesn't tell its size may be as large as the limit.
    """
    size = limit if declared is None else min(declared, limit)
    return left + max(0, size - PROMPT_BYTES) / BYTES_PER_SECOND
