"""Composition of the gateway."""

from __future__ import annotations

from typing import Any

import httpx

from services.gateway import api
from services.gateway.domain.client_address import parse_networks
from services.gateway.limits import RateLimits
from services.gateway.operations import Proxy
from services.gateway.settings import Settings
from services.gateway.state import Gateway
from services.gateway.tokens import TokenVerifier
from services.gateway.upstreams import Upstreams
from shared.errors import ServiceUnavailable
from shared.infra.registry import SCHEME
from shared.utils.clock import system_clock
from shared.utils.tls import context_for
from shared.web.fastapi import create_service
from shared.web.health import tcp_check

MAX_UPSTREAM_CONNECTIONS = 200

settings = Settings()
clock = system_clock(settings.clock_file)
upstreams = Upstreams(settings)
client = httpx.AsyncClient(
    limits=httpx.Limits(max_connections=MAX_UPSTREAM_CONNECTIONS, max_keepalive_connections=100, keepalive_expiry=30),
    verify=context_for(SCHEME),
    follow_redirects=False,
)


async def fetch_keys() -> dict[str, Any]:
    """Auth's JSON Web Key Set, from any healthy instance. Raises ServiceUnavailable."""
    for instance in upstreams.instances("auth"):
        try:
            answer = await client.get(
                f"{instance.url}/v1/jwks",
                headers={"Host": "auth.service.consul"},
                timeout=settings.request_timeout_seconds,
            )
            answer.raise_for_status()
        except httpx.HTTPError:
            continue
        document: dict[str, Any] = answer.json()
        return document
    raise ServiceUnavailable("tokens can't be verified now: auth is not available", retry_after=1)


gateway = Gateway(
    settings=settings,
    clock=clock,
    trusted=parse_networks(settings.trusted_proxies),
    tokens=TokenVerifier(settings, fetch_keys, clock),
    limits=RateLimits(settings),
    proxy=Proxy(settings, upstreams, client),
)
service = create_service(
    settings,
    gateway,
    sessions=None,
    routers=[api.router],
    checks={"redis": tcp_check(settings.redis_url.split("//", 1)[1].split("/", 1)[0].rpartition("@")[2])},
    background=[upstreams],
)
