"""How large a request's body may be, by where it goes."""

from __future__ import annotations

from services.gateway.domain.routing import Route

LARGE = {"deploy": ("/v1/states/",), "storage": ("/v1/buckets/", "/v1/signed/")}
"""Terraform's state documents, and objects and their parts: what is in them has no other way."""


def takes_large_bodies(route: Route, idempotency_key: str | None) -> bool:
    """Whether a body may be larger than what is held in memory.

    Not with an idempotency key: the service would have to hold the whole body to compare it with the first one.
    """
    return idempotency_key is None and route.path.startswith(LARGE.get(route.service, ()))
