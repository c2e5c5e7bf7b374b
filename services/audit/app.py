"""Composition root of the audit service."""

from __future__ import annotations

from services.audit.ports import Ports
from services.audit.ports.checkpoints import CheckpointStore
from services.audit.settings import Settings
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.object_store import ObjectStore
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service
from shared.web.health import tcp_check

settings = Settings()
configure("audit", settings)

from services.audit import api  # noqa: E402 - models load only after Django is configured
from services.audit.handlers import handlers  # noqa: E402
from services.audit.operations.checkpoints import write_checkpoints  # noqa: E402
from services.audit.operations.retention import remove_expired  # noqa: E402

clock = system_clock(settings.clock_file)
transactions = DjangoTransactions()
ports = Ports(clock=clock, checkpoints=CheckpointStore(settings, ObjectStore.from_settings(settings), clock))
service = create_service(
    settings,
    ports,
    routes=api.routes(ports),
    handlers=handlers(ports),
    checks={"object_store": tcp_check(settings.s3_endpoint)},
    background=[
        Periodic("checkpoints", settings.checkpoint_interval_seconds, lambda: write_checkpoints(ports, transactions)),
        Periodic("retention", settings.retention_interval_seconds, lambda: remove_expired(ports, transactions)),
    ],
)
