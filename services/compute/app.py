"""Composition of compute."""

from __future__ import annotations

from services.compute import api, operator_api
from services.compute.events import handlers
from services.compute.operations.metering import UsageMeter
from services.compute.operations.resuming import Resumer
from services.compute.ports import Policies, Ports, Quotas
from services.compute.providers import simulated_clouds
from services.compute.settings import Settings
from shared.clients.compliance import ComplianceClient
from shared.clients.tenants import TenantsClient
from shared.infra.db.sqlalchemy import make_sessions
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service

settings = Settings()
clock = system_clock(settings.clock_file)
ports = Ports(
    clock=clock,
    clouds=simulated_clouds(settings),
    quotas=Quotas(TenantsClient.connect(settings, clock)),
    policies=Policies(ComplianceClient.connect(settings, clock)),
)
background_sessions = make_sessions(settings, pool_size=2)
service = create_service(
    settings,
    ports,
    sessions=make_sessions(settings),
    routers=[api.router, operator_api.router],
    handlers=handlers(ports),
    background=[
        Resumer(background_sessions, ports),
        UsageMeter(background_sessions, ports.clock, settings.metering_interval_seconds),
    ],
)
