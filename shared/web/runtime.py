"""What a service process runs beside its web server: outbox relay, event consumer, registration, background work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import psycopg2

from shared.events.consumer import EventConsumer
from shared.events.cursor import cursor_of
from shared.events.processing import TransactionRunner
from shared.events.relay import OutboxRelay
from shared.infra.db.dsn import connect
from shared.infra.periodic import Periodic
from shared.infra.registry import KeepRegistered, Registration, ServiceRegistry
from shared.kernel.logs import logger
from shared.kernel.trace_export import SpanExport
from shared.settings import ServiceSettings
from shared.utils.clock import Clock
from shared.web import idempotency
from shared.web.health import Check, http_check, tcp_check

log = logger("shared.web")

Handlers = Mapping[str, Callable[..., Any]]
"""Event handlers by event type; `*` handles every type."""


class Background(Protocol):
    """Work that goes on in threads of its own between start and stop."""

    def start(self) -> None:
        """Begin; returns at once."""

    def stop(self) -> None:
        """End, and wait until it has ended."""


@dataclass(frozen=True)
class ServiceApp:
    """A composed service, ready to be served."""

    settings: ServiceSettings
    protocol: Literal["asgi", "wsgi"]
    application: Any
    runtime: Runtime


class PortsWithClock(Protocol):
    """What a service needs from outside. Each has ports of its own; all of them have a clock."""

    @property
    def clock(self) -> Clock:
        """The one clock of the process."""


class Runtime:
    """Starts and stops the background parts of one process, in order."""

    def __init__(
        self,
        settings: ServiceSettings,
        clock: Clock,
        handlers: Handlers,
        transactions: TransactionRunner | None,
        background: Sequence[Background],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._handlers = handlers
        self._transactions = transactions
        self._background = list(background)
        self._spans = SpanExport(settings)
        self._started: list[Background] = []

    def start(self, *, register: bool = True) -> None:
        """Start everything; `register=False` for processes that serve no requests (workers, controllers)."""
        self._spans.start()
        for part in self._parts(register):
            part.start()
            self._started.append(part)

    def stop(self) -> None:
        """Stop what was started, last first, so that an instance leaves routing before its work ends."""
        while self._started:
            part = self._started.pop()
            try:
                part.stop()
            except Exception:
                log.exception("could not stop a background part", part=type(part).__name__)
        self._spans.stop()

    def _parts(self, register: bool) -> list[Background]:
        parts: list[Background] = []
        if self._transactions is not None:
            parts.append(OutboxRelay(self._settings))
        if register and self._transactions is not None:
            parts.append(Periodic("idempotency-keys", idempotency.PRUNE_SECONDS, self._forget_answers))
        if self._handlers and self._transactions is not None:
            parts.append(EventConsumer(self._settings, self._handlers, self._transactions, self._clock))
        parts.extend(self._background)
        if register:
            settings = self._settings
            registration = Registration(
                name=settings.service_name,
                instance_id=f"{settings.service_name}-{settings.advertise_address}",
                address=settings.advertise_address,
                health_url=f"http://{settings.advertise_address}/healthz",
                interval=settings.health_check_interval_seconds,
            )
            parts.append(KeepRegistered(ServiceRegistry.from_settings(settings), registration))
        return parts

    def _forget_answers(self) -> None:
        assert self._transactions is not None

        def forget(transaction: Any) -> int:
            with cursor_of(transaction) as cursor:
                return idempotency.forget_old(cursor)

        while self._transactions.run(forget) == idempotency.PRUNE_BATCH:
            continue


def default_checks(settings: ServiceSettings, uses_database: bool) -> dict[str, Check]:
    """The dependencies that every service requires: Consul, and with a database also PostgreSQL and the event bus."""
    scheme = "https" if settings.consul_tls else "http"
    checks: dict[str, Check] = {
        "consul": http_check(f"{scheme}://{settings.consul_http_addr}/v1/status/leader"),
    }
    if uses_database:
        checks["database"] = database_check(settings)
        checks["kafka"] = tcp_check(settings.kafka_bootstrap_servers.split(",")[0])
    return checks


def database_check(settings: ServiceSettings) -> Check:
    """A check that the service's database takes a connection and answers a query.

    The connection isn't kept: probes come every few seconds, and an idle session takes two megabytes of the server.
    """

    def check() -> None:
        try:
            with closing(connect(settings.database_url, settings.service_name)) as connection:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            raise ConnectionError(str(error)) from error

    return check
