"""Composition root of the storage service."""

from __future__ import annotations

from services.storage.api import ROUTERS
from services.storage.domain.quotas import RESOURCES
from services.storage.handlers import handlers
from services.storage.operations import garbage, usage
from services.storage.operations.lifecycle import Lifecycle
from services.storage.ports import Ports
from services.storage.repository import held_reservations, tenants_metered_since_before
from services.storage.settings import Settings
from shared.clients.compute import ComputeClient
from shared.clients.tenants import TenantsClient
from shared.infra.bulkhead import Bulkhead
from shared.infra.db.sqlalchemy import SqlAlchemyTransactions, make_sessions
from shared.infra.multipart import MultipartUploads
from shared.infra.object_store import ObjectStore
from shared.infra.periodic import Periodic
from shared.metering import usage_meter
from shared.quotas import Quotas, QuotaSweep
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service
from shared.web.health import tcp_check

settings = Settings()
clock = system_clock(settings.clock_file)
sessions = make_sessions(settings)
store = ObjectStore.from_settings(settings)
tenants = TenantsClient.connect(settings, clock)
ports = Ports(
    settings=settings,
    clock=clock,
    store=store,
    store_rooms=Bulkhead("the object store", settings.store_rooms, settings.store_rooms_of_one_tenant),
    multipart=MultipartUploads(store),
    quotas=Quotas(tenants),
    compute=ComputeClient.connect(settings, clock),
)
background = SqlAlchemyTransactions(sessions)
quota_sweep = QuotaSweep(
    "storage", tenants, clock, RESOURCES, lambda ids: background.run(lambda session: held_reservations(session, ids))
)
service = create_service(
    settings,
    ports,
    sessions=sessions,
    routers=ROUTERS,
    handlers=handlers(ports),
    checks={"object_store": tcp_check(settings.s3_endpoint)},
    background=[
        Periodic(
            "garbage",
            settings.sweep_interval_seconds,
            lambda: background.run(lambda session: garbage.sweep(session, ports)),
        ),
        Periodic("orphans", settings.orphan_interval_seconds, garbage.Orphans(ports, background).run),
        Periodic("lifecycle", settings.lifecycle_interval_seconds, Lifecycle(ports, background).run),
        usage_meter(
            "storage",
            clock,
            background,
            settings.metering_interval_seconds,
            due=tenants_metered_since_before,
            flush=lambda session: usage.flush(session, clock),
        ),
        Periodic("quota-sweep", settings.quota_sweep_interval_seconds, quota_sweep.run),
    ],
)
