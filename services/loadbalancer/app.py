"""Composition of loadbalancer."""

from __future__ import annotations

from services.loadbalancer import api
from services.loadbalancer.events import handlers
from services.loadbalancer.ports import Ports, Quotas
from services.loadbalancer.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service

settings = Settings()
ports = Ports(system_clock(settings.clock_file), Quotas(TenantsClient()))
service = create_service(settings, routers=[api.router], handlers=handlers(ports))
service.application.state.ports = ports
