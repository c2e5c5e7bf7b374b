"""Sends outbox rows to the broker and says which of them the broker has confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from shared.events.envelope import CONTENT_TYPE
from shared.events.kafka import log, producer_config, report_error
from shared.events.outbox_table import PendingEvent
from shared.settings import ServiceSettings

HEADERS = [("content-type", CONTENT_TYPE.encode())]
POLL_SECONDS = 0.5


class Publisher:
    """One producer, made on first use and replaced after a fatal error or when what it holds is given up."""

    def __init__(self, settings: ServiceSettings, make_producer: Callable[[dict[str, Any]], Any] = Producer) -> None:
        self._settings = settings
        self._make_producer = make_producer
        self._producer: Any = None

    def send(self, events: Sequence[PendingEvent], keep_waiting: Callable[[], bool]) -> list[int]:
        """Send in order and wait until the broker has spoken on every one; the positions it has confirmed.

        `keep_waiting` is asked about twice a second while the broker is silent; when it says no, or raises, what is
        under way is given up: it stays unconfirmed and will be sent again.
        """
        delivery = _Delivery()
        producer = self._open()
        with ExitStack() as undo:
            undo.callback(self.discard)
            for event in events:
                producer.produce(
                    event.topic,
                    key=event.subject.encode(),
                    value=event.body.encode(),
                    headers=HEADERS,
                    on_delivery=delivery.expect(event),
                )
            while delivery.open and producer.flush(POLL_SECONDS) and keep_waiting():
                continue
            undo.pop_all()
        if delivery.refusals:
            log.warning("events not delivered", codes=sorted(delivery.refusals))
        if delivery.open or delivery.fatal:
            self.discard()
        return delivery.confirmed

    def discard(self) -> None:
        """Drop the producer and whatever it has not delivered."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(0)
            self._producer = None

    def _open(self) -> Any:
        if self._producer is None:
            self._producer = self._make_producer({**producer_config(self._settings), "error_cb": report_error})
        return self._producer


class _Delivery:
    """What the broker has said of one batch."""

    def __init__(self) -> None:
        self.open = 0
        self.confirmed: list[int] = []
        self.refusals: set[str] = set()
        self.fatal = False

    def expect(self, event: PendingEvent) -> Callable[[KafkaError | None, Message], None]:
        """The callback for one event; counts it as open until it is called."""
        self.open += 1

        def report(error: KafkaError | None, _message: Message) -> None:
            self.open -= 1
            if error is None:
                self.confirmed.append(event.position)
                return
            self.refusals.add(f"{event.topic}: {error.name()}")
            self.fatal = self.fatal or error.fatal()

        return report
