"""Composition root of the deploy service's API."""

from __future__ import annotations

from datetime import timedelta

from services.deploy.api import ROUTERS
from services.deploy.domain.quotas import RESOURCES
from services.deploy.handlers import handlers
from services.deploy.operations.admissions import Voter
from services.deploy.operations.counting import CountingPorts
from services.deploy.operations.dispatching import dispatch
from services.deploy.operations.intents import finish_all
from services.deploy.ports import Ports
from services.deploy.ports.tasks import TaskQueue, make_celery
from services.deploy.repository import held_reservations
from services.deploy.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.sqlalchemy import SqlAlchemyTransactions, make_sessions
from shared.infra.periodic import Periodic
from shared.quotas import Quotas, QuotaSweep
from shared.utils.clock import system_clock
from shared.web.fastapi import create_service
from shared.web.health import tcp_check
from shared.web.runtime import ServiceApp

LOOK_SECONDS = 5.0
"""How often to look for applies that nobody is at: the process that accepted them has died, or the broker lost them."""

FINISH_SECONDS = 2.0
"""How long what a cut-off request has left behind may wait: a lock that nobody owns keeps its environment that long."""

settings = Settings()
clock = system_clock(settings.clock_file)
sessions = make_sessions(settings)
tasks = TaskQueue(make_celery(settings))
dispatcher = Periodic(
    "dispatch",
    LOOK_SECONDS,
    lambda: dispatch(sessions, tasks, clock, timedelta(seconds=settings.left_alone_seconds)),
    retry_seconds=settings.dispatch_interval_seconds,
)
tenants = TenantsClient.connect(settings, clock)
ports = CountingPorts.of(Ports.connect(settings, clock, hand_over=dispatcher.poke), Quotas(tenants))
finisher = Periodic("intents", FINISH_SECONDS, lambda: finish_all(sessions, ports), retry_seconds=1.0)
sweep = QuotaSweep(
    "deploy",
    tenants,
    clock,
    RESOURCES,
    lambda ids: SqlAlchemyTransactions(sessions).run(lambda session: held_reservations(session, ids)),
)
service: ServiceApp = create_service(
    settings,
    ports,
    sessions=sessions,
    routers=ROUTERS,
    handlers=handlers(ports),
    checks={"etcd": tcp_check(settings.etcd_endpoint), "object_store": tcp_check(settings.s3_endpoint)},
    background=[
        dispatcher,
        finisher,
        Voter(ports, settings.candidate),
        Periodic("quota-sweep", settings.quota_sweep_interval_seconds, sweep.run),
    ],
)
