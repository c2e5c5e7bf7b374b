"""Composition root of the gateway."""

from __future__ import annotations

from services.gateway.api import ROUTERS
from services.gateway.domain.client_address import parse_networks
from services.gateway.domain.standing import Standing
from services.gateway.handlers import handlers
from services.gateway.ports import Ports
from services.gateway.ports.api_keys import ApiKeys
from services.gateway.ports.documents import Documents
from services.gateway.ports.limits import RateLimits
from services.gateway.ports.shares import Shares
from services.gateway.ports.tokens import SigningKeys, TokenVerifier
from services.gateway.ports.transport import Transport
from services.gateway.ports.upstreams import Upstreams
from services.gateway.settings import Settings
from shared.events.follower import EventFollower
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service
from shared.web.health import answer_check
from shared.web.runtime import ServiceApp

settings = Settings()
clock = system_clock(settings.clock_file)
upstreams = Upstreams(settings, clock)
http = Transport()
limits = RateLimits(settings, clock)
standing = Standing(clock, settings.token_seconds)
ports = Ports(
    settings=settings,
    clock=clock,
    trusted=parse_networks(settings.trusted_proxies),
    standing=standing,
    tokens=TokenVerifier(settings, SigningKeys(upstreams, http), clock, standing),
    api_keys=ApiKeys(settings, upstreams, http, limits, clock),
    limits=limits,
    shares=Shares(settings.requests_under_way, settings.uploads_under_way_bytes),
    upstreams=upstreams,
    http=http,
    documents=Documents(upstreams, http, clock),
)
service: ServiceApp = create_service(
    settings,
    ports,
    sessions=None,
    routers=ROUTERS,
    # Without Redis the gateway counts requests itself: no reason to send it none.
    helpful={"redis": answer_check(settings.redis_address(), b"PING\r\n")},
    documented=False,
    background=[EventFollower(settings, handlers(ports), settings.standing_patience_seconds), upstreams, http],
)
