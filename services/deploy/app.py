"""Composition root of the deploy service's API."""

from __future__ import annotations

from services.deploy.api import ROUTERS
from services.deploy.celery_app import make_celery
from services.deploy.dispatch import dispatch
from services.deploy.events import handlers
from services.deploy.ports import make_ports
from services.deploy.settings import Settings
from shared.infra.db.sqlalchemy import make_sessions
from shared.infra.periodic import Periodic
from shared.web.fastapi import create_service
from shared.web.health import tcp_check
from shared.web.runtime import ServiceApp

settings = Settings()
sessions = make_sessions(settings)
ports = make_ports(settings)
celery = make_celery(settings)
dispatcher = Periodic("dispatch", settings.dispatch_interval_seconds, lambda: dispatch(sessions, celery, ports.clock))
service: ServiceApp = create_service(
    settings,
    ports,
    sessions=sessions,
    routers=ROUTERS,
    handlers=handlers(ports),
    checks={"etcd": tcp_check(settings.etcd_endpoint), "object_store": tcp_check(settings.s3_endpoint)},
    background=[dispatcher],
)
service.application.state.dispatcher = dispatcher
