"""Handles one received event: parse, check, set the context, apply once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from shared.events.envelope import ANY_TYPE, Event
from shared.events.inbox import Handler, apply_once
from shared.events.schema import validate_event
from shared.events.spans import processed
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.utils.clock import Clock

log = logger("shared.events")

T = TypeVar("T")


class TransactionRunner(Protocol):
    """Runs work in one database transaction of the service."""

    def run(self, work: Callable[[Any], T]) -> T:
        """`work(transaction)`; committed when it returns, rolled back when it raises."""


class Outcome(StrEnum):
    """What became of a received event."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    RETRIED = "retried"
    PUT_ASIDE = "put_aside"


class EventProcessor:
    """A service's handlers, and how they are run."""

    def __init__(
        self, service: str, handlers: Mapping[str, Handler], transactions: TransactionRunner, clock: Clock
    ) -> None:
        self._service = service
        self._clock = clock
        self._handlers = handlers
        self._transactions = transactions

    def process(self, value: bytes) -> Outcome:
        """Apply the event in a message, once, in its tenant and as a part of its trace.

        Raises InvalidEvent, UnknownEventType or InvalidEventData for one that can't be read, and what the handler or
        the database raises; then nothing of its effect is kept.
        """
        event = Event.from_json(value)
        handler = self._handlers.get(event.type) or self._handlers.get(ANY_TYPE)
        if handler is None:
            return Outcome.IGNORED
        validate_event(event)
        with service_context(
            self._service,
            event.tenant_id,
            self._clock,
            actor=event.actor,
            correlation_id=event.correlation_id,
            traceparent=event.traceparent,
            tracestate=event.tracestate,
            work=processed(event),
        ):
            applied = self._transactions.run(lambda transaction: apply_once(transaction, event, handler))
            outcome = Outcome.APPLIED if applied else Outcome.DUPLICATE
            log.info("event", type=event.type, subject=event.subject, event_id=event.id, outcome=outcome)
        return outcome
