"""Composition root of the config service."""

from __future__ import annotations

from collections.abc import Collection

from services.config.ports import Ports
from services.config.ports.documents import Place, PublishedDocuments
from services.config.settings import Settings
from shared.clients.secrets import SecretsClient
from shared.infra.cache import Cache
from shared.infra.consul_kv import ConsulKv
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("config", settings)

from services.config import api  # noqa: E402 - models load only after Django is configured
from services.config.handlers import handlers  # noqa: E402
from services.config.operations.recording import Recorder  # noqa: E402
from services.config.operations.tenancy import remove_late  # noqa: E402

clock = system_clock(settings.clock_file)
ports = Ports(
    clock=clock,
    documents=PublishedDocuments(ConsulKv.from_settings(settings), settings.kv_prefix),
    cache=Cache.from_settings(settings, settings.flag_cache_seconds),
    secrets=SecretsClient.connect(settings, clock),
)
transactions = DjangoTransactions()
recorder = Recorder(transactions, ports)
recording = Periodic("recording", settings.recording_interval_seconds, recorder.run)


def changed(places: Collection[Place]) -> None:
    """Have the records of these documents looked at soon."""
    recorder.add(places)
    recording.poke()


service = create_service(
    settings,
    ports,
    routes=api.routes(ports),
    handlers=handlers(ports),
    background=[
        recording,
        ports.documents.follow(changed),
        Periodic("closed", settings.closed_interval_seconds, lambda: remove_late(transactions, ports)),
    ],
)
