"""How large a request's body may be, by where it goes, and how long it may take."""

from __future__ import annotations

from services.gateway.domain.routing import Route

LARGE = {"deploy": ("/v1/states/",), "storage": ("/v1/buckets/", "/v1/signed/")}
"""Terraform's state documents, and objects and their parts: what is in them has no other way."""

PROMPT_BYTES = 2**20
"""Larger bodies have longer to begin, and their services to answer."""
STALL_SECONDS = 60.0
"""How long a larger body may take to begin: a line that is lost for a moment comes back in less."""
BYTES_PER_SECOND = 2**13
"""How fast a body has to come on the whole. Clients send several parts of an object at once, often ten: together those
are a line of 650 kbit/s."""


def takes_large_bodies(route: Route, idempotency_key: str | None) -> bool:
    """Whether a body may be larger than `max_body_bytes`.

    Not with an idempotency key: the service would have to hold the whole body to compare it with the first one.
    """
    return idempotency_key is None and route.path.startswith(LARGE.get(route.service, ()))


def first_seconds(left: float, declared: int | None) -> float:
    """Seconds within which a body has to begin where the request has `left`: a large one, of so many bytes, may take
    longer. None where its size isn't known, or the client has said itself how long all of it may take."""
    return max(left, STALL_SECONDS) if declared is not None and declared > PROMPT_BYTES else left


def receiving_seconds(first: float, received: int) -> float:
    """Seconds from its beginning within which more of a body has to come, of which `received` bytes are here: each byte
    that has come gives time for the next ones, what is only declared doesn't."""
    return first + received / BYTES_PER_SECOND
