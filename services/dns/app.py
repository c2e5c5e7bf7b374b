"""Composition of dns."""

from __future__ import annotations

import secrets

from services.dns.ports import Ports
from services.dns.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.periodic import Periodic
from shared.metering import usage_meter
from shared.quotas import Quotas, QuotaSweep
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("dns", settings)

from services.dns import api  # noqa: E402 - models load only after Django is configured
from services.dns.handlers import ZONES, handlers  # noqa: E402
from services.dns.operations import usage  # noqa: E402
from services.dns.repository import held_reservations, tenants_metered_before  # noqa: E402

clock = system_clock(settings.clock_file)
tenants = TenantsClient.connect(settings, clock)
ports = Ports(settings=settings, clock=clock, quotas=Quotas(tenants), draw=secrets.randbelow)
transactions = DjangoTransactions()
meter = usage_meter(
    "dns",
    clock,
    transactions,
    settings.metering_interval_seconds,
    due=lambda _connection, before: tenants_metered_before(before),
    flush=lambda _connection: usage.flush(ports),
)
sweep = QuotaSweep(
    "dns", tenants, clock, ZONES.resources, lambda ids: transactions.run(lambda _connection: held_reservations(ids))
)
service = create_service(
    settings,
    ports,
    routes=api.routes(ports),
    handlers=handlers(ports),
    background=[meter, Periodic("quota-sweep", settings.quota_sweep_interval_seconds, sweep.run)],
)
