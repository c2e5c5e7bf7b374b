"""Composition of loadbalancer."""

from __future__ import annotations

from services.loadbalancer.api import ROUTERS
from services.loadbalancer.handlers import LOAD_BALANCERS, handlers
from services.loadbalancer.operations import usage
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import held_reservations, tenants_metered_before
from services.loadbalancer.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.sqlalchemy import SqlAlchemyTransactions, make_sessions
from shared.infra.periodic import Periodic
from shared.metering import usage_meter
from shared.quotas import Quotas, QuotaSweep
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service

settings = Settings()
clock = system_clock(settings.clock_file)
tenants = TenantsClient.connect(settings, clock)
ports = Ports(clock=clock, quotas=Quotas(tenants))
sessions = make_sessions(settings)
transactions = SqlAlchemyTransactions(sessions)
meter = usage_meter(
    "loadbalancer",
    clock,
    transactions,
    settings.metering_interval_seconds,
    due=tenants_metered_before,
    flush=lambda session: usage.flush(session, ports),
)
sweep = QuotaSweep(
    "loadbalancer",
    tenants,
    clock,
    LOAD_BALANCERS.resources,
    lambda ids: transactions.run(lambda session: held_reservations(session, ids)),
)
service = create_service(
    settings,
    ports,
    routers=ROUTERS,
    sessions=sessions,
    handlers=handlers(ports),
    background=[meter, Periodic("quota-sweep", settings.quota_sweep_interval_seconds, sweep.run)],
)
