"""Which requests the gateway may repeat on account of an idempotency key."""

from typing import Any, cast

import pytest

from services.gateway.domain.routing import Route
from services.gateway.operations import Incoming, Reached
from shared.kernel.identity import Identity

SOMEBODY = Identity("user:1", "t-1", "user")


@pytest.mark.parametrize(
    ("method", "service", "path", "identity", "keyed"),
    [
        ("POST", "dns", "/v1/zones", SOMEBODY, True),
        ("POST", "dns", "/v1/zones", None, False),
        ("POST", "auth", "/v1/tokens", SOMEBODY, False),
        ("POST", "auth", "/v1/users", SOMEBODY, True),
        ("LOCK", "deploy", "/v1/states/prod", SOMEBODY, False),
    ],
)
def test_a_key_counts_where_the_service_heeds_it(
    method: str, service: str, path: str, identity: Identity | None, keyed: bool
) -> None:
    body = cast(Any, None)
    incoming = Incoming(method, Route(service, path), "", [], body, identity, "203.0.113.5", Reached("https", "h"))
    assert incoming.keyed is keyed
