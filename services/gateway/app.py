"""Composition root of the gateway."""

from __future__ import annotations

import httpx

from services.gateway.api import ROUTERS
from services.gateway.domain.client_address import parse_networks
from services.gateway.ports import Ports
from services.gateway.ports.limits import RateLimits
from services.gateway.ports.tokens import SigningKeys, TokenVerifier
from services.gateway.ports.upstreams import Upstreams
from services.gateway.settings import Settings
from shared.infra.registry import SCHEME
from shared.utils.clock import system_clock
from shared.utils.tls import context_for
from shared.web.fastapi import create_service
from shared.web.health import tcp_check
from shared.web.runtime import ServiceApp

MAX_UPSTREAM_CONNECTIONS = 200

settings = Settings()
clock = system_clock(settings.clock_file)
upstreams = Upstreams(settings, clock)
http = httpx.AsyncClient(
    limits=httpx.Limits(max_connections=MAX_UPSTREAM_CONNECTIONS, max_keepalive_connections=100, keepalive_expiry=30),
    verify=context_for(SCHEME),
    follow_redirects=False,
)
ports = Ports(
    settings=settings,
    clock=clock,
    trusted=parse_networks(settings.trusted_proxies),
    tokens=TokenVerifier(settings, SigningKeys(settings, upstreams, http), clock),
    limits=RateLimits(settings),
    upstreams=upstreams,
    http=http,
)
service: ServiceApp = create_service(
    settings,
    ports,
    sessions=None,
    routers=ROUTERS,
    checks={"redis": tcp_check(settings.redis_url.split("//", 1)[1].split("/", 1)[0].rpartition("@")[2])},
    background=[upstreams],
)
