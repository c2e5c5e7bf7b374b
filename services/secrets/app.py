"""Composition root of the secrets service."""

from __future__ import annotations

from functools import partial

from services.secrets.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.periodic import Periodic
from shared.infra.secrets import SecretStore
from shared.quotas import Quotas, QuotaSweep
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("secrets", settings)

from services.secrets import api  # noqa: E402 - models load only after Django is configured
from services.secrets.handlers import handlers  # noqa: E402
from services.secrets.operations import counting, leases, tenancy  # noqa: E402
from services.secrets.ports import Ports  # noqa: E402

clock = system_clock(settings.clock_file)
tenants = TenantsClient.connect(settings, clock)
ports = Ports(
    settings=settings,
    clock=clock,
    store=SecretStore.from_settings(settings),
    quotas=Quotas(tenants),
    transactions=DjangoTransactions(),
)
quota_sweep = QuotaSweep("secrets", tenants, clock, [counting.RESOURCE], partial(counting.held, ports))
service = create_service(
    settings,
    ports,
    routes=api.routes(ports),
    handlers=handlers(ports),
    checks={"vault": ports.store.check},
    background=[
        Periodic("ended-leases", settings.lease_sweep_seconds, partial(leases.expire, ports)),
        Periodic("closed", settings.closed_interval_seconds, partial(tenancy.remove_late, ports)),
        Periodic("quota-sweep", settings.quota_sweep_interval_seconds, quota_sweep.run),
    ],
)
