"""Composition root of compute."""

from __future__ import annotations

from services.compute.api import ROUTERS
from services.compute.domain.quotas import RESOURCES
from services.compute.handlers import handlers
from services.compute.operations import usage
from services.compute.operations.evacuating import evacuate_all
from services.compute.operations.resuming import resume_all
from services.compute.operations.tenancy import remove_groups
from services.compute.ports import Ports
from services.compute.ports.clouds import simulated_clouds
from services.compute.repository import held_reservations, tenants_metered_since_before
from services.compute.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.sqlalchemy import SqlAlchemyTransactions, make_sessions
from shared.infra.periodic import Periodic
from shared.infra.workers import Workers
from shared.metering import usage_meter
from shared.quotas import Quotas, QuotaSweep
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service

settings = Settings()
clock = system_clock(settings.clock_file)
tenants = TenantsClient.connect(settings, clock)
background = SqlAlchemyTransactions(make_sessions(settings, pool_size=settings.work_threads))
ports = Ports(
    clock=clock,
    clouds=simulated_clouds(settings),
    quotas=Quotas(tenants),
    transactions=background,
    workers=Workers("provisioning", settings.work_threads),
)
sweep = QuotaSweep(
    "compute", tenants, clock, RESOURCES, lambda ids: background.run(lambda session: held_reservations(session, ids))
)
service = create_service(
    settings,
    ports,
    sessions=make_sessions(settings),
    routers=ROUTERS,
    handlers=handlers(ports),
    background=[
        ports.workers,
        Periodic(
            "resuming", settings.resume_interval_seconds, lambda: resume_all(ports, settings.resume_interval_seconds)
        ),
        Periodic("server-groups", settings.resume_interval_seconds, lambda: remove_groups(ports)),
        Periodic("evacuating", settings.resume_interval_seconds, lambda: evacuate_all(background, ports)),
        usage_meter(
            "compute",
            clock,
            background,
            settings.metering_interval_seconds,
            due=tenants_metered_since_before,
            flush=lambda session: usage.flush(session, clock),
        ),
        Periodic("quota-sweep", settings.quota_sweep_interval_seconds, sweep.run),
    ],
)
