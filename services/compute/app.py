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
from shared.infra.db.sqlalchemy import make_engine, make_session_factory
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service

settings = Settings()
ports = Ports(
    clock=system_clock(settings.clock_file),
    clouds=simulated_clouds(settings),
    quotas=Quotas(TenantsClient()),
    policies=Policies(ComplianceClient()),
)
background_sessions = make_session_factory(make_engine(settings.database_url, settings.service_name, pool_size=2))
service = create_service(
    settings,
    routers=[api.router, operator_api.router],
    handlers=handlers(ports),
    background=[
        Resumer(background_sessions, ports),
        UsageMeter(background_sessions, ports.clock, settings.metering_interval_seconds),
    ],
)
service.application.state.ports = ports
