"""How large a request's body may be, by where it goes, and how long it may take."""

from __future__ import annotations

from services.gateway.domain.routing import Route

LARGE = {"deploy": ("/v1/states/",), "storage": ("/v1/buckets/", "/v1/signed/")}
"""Terraform's state documents, and objects and their parts: what is in them has no other way."""

PROMPT_BYTES = 2**20
STALL_SECONDS = 60.0
"""How long a larger body may take to begin: a line that is lost for a moment comes back in less."""
BYTES_PER_SECOND = 2**13
"""How fast a body has to come on the whole. Clients send several parts of an object at once, often ten: together those
are a line of 650 kbit/s."""


def takes_large_bodies(route: Route, idempotency_key: str | None) -> bool:
    """Whether a body may be larger than what is held in memory.

    Not with an idempotency key: the service would have to hold the whole body to compare it with the first one.
    """
    return idempotency_key is None and route.path.startswith(LARGE.get(route.service, ()))


def receiving_seconds(left: float, declared: int | None, received: int) -> float:
    """Seconds from its beginning within which more of a body has to come, of which `received` bytes are here, where the
    request has `left` seconds: each byte that has come gives time for the next ones, what is only declared doesn't."""
    first = max(left, STALL_SECONDS) if declared is not None and declared > PROMPT_BYTES else left
    return first + received / BYTES_PER_SECOND
