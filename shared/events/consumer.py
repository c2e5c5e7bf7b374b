"""The event consumer of a service: one thread, one consumer group, every effect once.

The offset of an event is stored for commit only after its transaction has committed. A crash between delivers it
again, and the inbox knows it. An event that can't be handled yet makes its partition wait, with back-off, while the
others go on; one that never can is put aside in the dead letters.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from prometheus_client import Counter

from shared.errors import OmniCloudError
from shared.events.dead_letters import DeadLetterWriter
from shared.events.inbox import Handler, forget_older_than
from shared.events.kafka import consumer_config, log, report_error
from shared.events.lag import LagGauge
from shared.events.partitions import WaitingPartitions
from shared.events.processing import EventProcessor, Outcome, TransactionRunner
from shared.events.retry_policy import PutAside, Retry, RetryPolicy, is_transient
from shared.events.topics import DEAD_LETTER_RETENTION, EVENT_RETENTION, topics_for
from shared.settings import ServiceSettings
from shared.utils.clock import Clock

POLL_SECONDS = 0.5
"""How long one poll may wait: bounds how late `stop` is noticed. The end of a back-off ends a poll, too."""
RESTART_SECONDS = 1.0
INBOX_DAYS = DEAD_LETTER_RETENTION.days + 2 * EVENT_RETENTION.days
"""A dead letter may be replayed as long as it is kept, and is an event of the broker's again: neither can deliver again
what the inbox has forgotten."""
PRUNE_SECONDS = 600.0
STOP_SECONDS = 10.0

consumed_total = Counter("events_consumed_total", "Received events and what became of them", ["topic", "outcome"])


class EventConsumer:
    """Consumes the topics of the event types in `handlers`, as the group named after the service."""

    def __init__(
        self,
        settings: ServiceSettings,
        handlers: Mapping[str, Handler],
        transactions: TransactionRunner,
        clock: Clock,
        *,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._settings = settings
        self._topics = topics_for(frozenset(handlers))
        self._processor = EventProcessor(settings.service_name, handlers, transactions, clock)
        self._transactions = transactions
        self._policy = policy or RetryPolicy()
        self._clock = clock
        self._dead_letters = DeadLetterWriter(settings, clock)
        self._waiting = WaitingPartitions()
        self._lag = LagGauge(self._clock)
        self._prune_at = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, name="event-consumer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the event at hand, commit, and leave the group, so that another member goes on at once."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        self._thread = None

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._consume()
            except KafkaException as error:
                log.warning("event consumer interrupted", reason=str(error), retry_in=RESTART_SECONDS)
                self._stop.wait(RESTART_SECONDS)
            except Exception:  # noqa: BLE001 - whatever it was: a service that goes on without its events looks well
                log.exception("event consumer failed", retry_in=RESTART_SECONDS)
                self._stop.wait(RESTART_SECONDS)

    def _consume(self) -> None:
        """One life of a consumer. Raises KafkaException after a fatal error."""
        consumer = Consumer({**consumer_config(self._settings, self._settings.service_name), "error_cb": report_error})
        self._waiting = WaitingPartitions()
        try:
            consumer.subscribe(list(self._topics), on_revoke=self._revoked, on_lost=self._revoked)
            while not self._stop.is_set():
                # Not `poll`, which wakes five times a second to look for signals, in vain in this thread.
                messages = consumer.consume(1, min(POLL_SECONDS, self._resume(consumer)))
                for message in messages:
                    if error := message.error():
                        self._report(error)
                    else:
                        self._handle(consumer, message)
                self._housekeeping(consumer)
        finally:
            consumer.close()

    def _handle(self, consumer: Any, message: Message) -> None:
        """Apply one message and store its offset, or make its partition wait."""
        try:
            outcome = self._processor.process(message.value() or b"")
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, the policy decides on it
            outcome = self._failed(consumer, message, error)
        consumed_total.labels(message.topic(), outcome).inc()
        if outcome is not Outcome.RETRIED:
            self._waiting.forget(message)
            self._store(consumer, message)

    def _failed(self, consumer: Any, message: Message, error: Exception) -> Outcome:
        attempt = self._waiting.attempts(message) + 1
        faults = self._waiting.faults(message) + (not is_transient(error))
        verdict = self._policy.decide(error, attempt, faults)
        log.warning(
            "event not handled",
            topic=message.topic(),
            partition=message.partition(),
            offset=message.offset(),
            attempt=attempt,
            reason=f"{type(error).__name__}: {error}",
            exc_info=None if isinstance(error, OmniCloudError) else error,
        )
        if isinstance(verdict, PutAside):
            if self._dead_letters.write(message, verdict.reason, error, attempt):
                return Outcome.PUT_ASIDE
            verdict = Retry(self._policy.max_delay)
        self._waiting.postpone(consumer, message, attempt, faults, self._clock.monotonic() + verdict.delay)
        return Outcome.RETRIED

    def _store(self, consumer: Any, message: Message) -> None:
        """Let the offset after this message be committed."""
        try:
            consumer.store_offsets(message=message)
        except KafkaException as error:
            # The partition went to another member meanwhile. It will get this event again and know it by the inbox.
            log.info("offset not stored", topic=message.topic(), partition=message.partition(), reason=str(error))

    def _resume(self, consumer: Any) -> float:
        """Let the partitions go on whose wait is over; seconds until the next one's is."""
        now = self._clock.monotonic()
        self._waiting.resume_due(consumer, now)
        return self._waiting.next_due() - now

    def _revoked(self, consumer: Any, partitions: list[Any]) -> None:
        """These partitions are another member's now; what they waited for is too."""
        self._waiting.drop(consumer, partitions)
        self._lag.drop(partitions)

    def _report(self, error: KafkaError) -> None:
        """A consumer error. Raises KafkaException when the consumer can't go on."""
        if error.fatal():
            raise KafkaException(error)
        report_error(error)

    def _housekeeping(self, consumer: Any) -> None:
        """What is due from time to time, however much comes in."""
        self._lag.measure(consumer, self._waiting.offsets())
        now = self._clock.monotonic()
        if now >= self._prune_at and not self._prune():
            self._prune_at = now + PRUNE_SECONDS

    def _prune(self) -> bool:
        """Forget some of what is old; whether there may be more. Then it goes on after the next event, or the inbox of
        a service that hears more than one batch in ten minutes would grow for ever."""
        try:
            return self._transactions.run(lambda transaction: forget_older_than(transaction, INBOX_DAYS))
        except Exception as error:  # noqa: BLE001 - each ORM raises its own; the next time will do
            log.warning("inbox not pruned", reason=str(error))
            return False
