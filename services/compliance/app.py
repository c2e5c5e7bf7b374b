"""Composition root of the compliance service."""

from __future__ import annotations

from services.compliance.ports import Ports
from services.compliance.settings import Settings
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("compliance", settings)

from services.compliance import api  # noqa: E402 - models load only after Django is configured
from services.compliance.handlers import handlers  # noqa: E402
from services.compliance.operations.audits import run_due_audits  # noqa: E402

ports, transactions = Ports(clock=system_clock(settings.clock_file)), DjangoTransactions()
service = create_service(
    settings,
    ports,
    routes=api.routes(ports),
    handlers=handlers(ports),
    background=[Periodic("audits", settings.audit_interval_seconds, lambda: run_due_audits(ports, transactions))],
)
