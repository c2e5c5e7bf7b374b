"""How large a request's body may be, by where it goes."""

from __future__ import annotations

from services.gateway.domain.routing import Route

STATES = "/v1/states/"


def takes_large_bodies(route: Route, idempotency_key: str | None) -> bool:
    """Whether a body may be larger than what is held in memory: Terraform's state documents, which have no other way.

    Not with an idempotency key: the service would have to hold the whole body to compare it with the first one.
    """
    return route.service == "deploy" and route.path.startswith(STATES) and idempotency_key is None
