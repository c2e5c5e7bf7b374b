"""Composition root of monitor."""

from __future__ import annotations

from services.monitor.api import ROUTERS
from services.monitor.handlers import handlers
from services.monitor.operations.evaluations import evaluate_all
from services.monitor.operations.retention import forget_old
from services.monitor.operations.tenancy import remove_late
from services.monitor.ports import Ports
from services.monitor.settings import Settings
from shared.infra.db.sqlalchemy import SqlAlchemyTransactions, make_sessions
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service

settings = Settings()
ports = Ports(settings=settings, clock=system_clock(settings.clock_file))
sessions = make_sessions(settings)
transactions = SqlAlchemyTransactions(sessions)
service = create_service(
    settings,
    ports,
    routers=ROUTERS,
    sessions=sessions,
    handlers=handlers(ports),
    background=[
        Periodic("evaluation", settings.evaluation_interval_seconds, lambda: evaluate_all(transactions, ports)),
        Periodic("closed", settings.closed_interval_seconds, lambda: remove_late(transactions, ports)),
        Periodic("retention", settings.retention_interval_seconds, lambda: forget_old(transactions, ports)),
    ],
)
