"""Composition root of the storage service."""

from __future__ import annotations

from services.storage.api import ROUTERS
from services.storage.events import handlers
from services.storage.operations import upkeep
from services.storage.ports import Ports
from services.storage.settings import Settings
from shared.clients.compute import ComputeClient
from shared.clients.tenants import TenantsClient
from shared.infra.db.sqlalchemy import make_sessions
from shared.infra.multipart import MultipartUploads
from shared.infra.object_store import ObjectStore
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service
from shared.web.health import tcp_check
from shared.web.runtime import ServiceApp

settings = Settings()
sessions = make_sessions(settings)
clock = system_clock(settings.clock_file)
store = ObjectStore.from_settings(settings)
ports = Ports(
    settings=settings,
    clock=clock,
    store=store,
    multipart=MultipartUploads(store),
    tenants=TenantsClient.connect(settings, clock),
    compute=ComputeClient.connect(settings, clock),
)
service: ServiceApp = create_service(
    settings,
    ports,
    sessions=sessions,
    routers=ROUTERS,
    handlers=handlers(ports),
    checks={"object_store": tcp_check(settings.s3_endpoint)},
    background=[
        Periodic("sweep", settings.sweep_interval_seconds, lambda: upkeep.sweep(sessions, ports)),
        Periodic("metering", settings.metering_interval_seconds, lambda: upkeep.meter_due(sessions, ports)),
    ],
)
