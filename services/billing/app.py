"""Composition root of the billing service."""

from __future__ import annotations

from services.billing.ports import Ports
from services.billing.settings import Settings
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("billing", settings)

from services.billing import api  # noqa: E402 - models load only after Django is configured
from services.billing.handlers import handlers  # noqa: E402
from services.billing.operations import budgets  # noqa: E402

ports = Ports(clock=system_clock(settings.clock_file))
watch = Periodic("budget-watch", settings.budget_interval_seconds, budgets.watch(ports, DjangoTransactions()))
service = create_service(settings, ports, routes=api.routes(ports), handlers=handlers(ports), background=[watch])
