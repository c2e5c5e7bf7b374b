"""Composition root of the auth service."""

from __future__ import annotations

from services.auth.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.django_transactions import DjangoTransactions
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("auth", settings)

from services.auth import api  # noqa: E402 - models load only after Django is configured
from services.auth.handlers import handlers  # noqa: E402
from services.auth.operations.operators import OperatorBootstrap  # noqa: E402
from services.auth.ports import PasswordHashing, Ports, Sealing  # noqa: E402

clock = system_clock(settings.clock_file)
ports = Ports(
    settings=settings,
    clock=clock,
    tenants=TenantsClient.connect(settings, clock),
    passwords=PasswordHashing(settings),
    sealing=Sealing(settings.sealing_secret()),
    transactions=DjangoTransactions(),
)
service = create_service(
    settings,
    ports,
    routes=api.routes(ports),
    handlers=handlers(ports),
    background=[OperatorBootstrap(ports)],
)
