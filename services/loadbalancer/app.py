"""Composition of loadbalancer."""

from __future__ import annotations

from services.loadbalancer import api
from services.loadbalancer.events import handlers
from services.loadbalancer.ports import Ports, Quotas
from services.loadbalancer.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.sqlalchemy import make_sessions
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service

settings = Settings()
clock = system_clock(settings.clock_file)
ports = Ports(clock, Quotas(TenantsClient.connect(settings, clock)))
service = create_service(
    settings, ports, sessions=make_sessions(settings), routers=[api.router], handlers=handlers(ports)
)
