"""Composition of monitor."""

from __future__ import annotations

from services.monitor import api, evaluation
from services.monitor.events import HANDLERS
from services.monitor.ports import Ports
from services.monitor.settings import Settings
from shared.infra.db.sqlalchemy import make_sessions
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service
from shared.web.runtime import ServiceApp

settings = Settings()
sessions = make_sessions(settings)
ports = Ports(settings, system_clock(settings.clock_file))
service: ServiceApp = create_service(
    settings,
    ports,
    sessions=sessions,
    routers=[api.router],
    handlers=HANDLERS,
    background=[
        Periodic(
            "evaluation",
            settings.evaluation_interval_seconds,
            lambda: evaluation.evaluate_all(sessions, ports),
        )
    ],
)
