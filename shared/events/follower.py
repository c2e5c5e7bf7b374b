"""Follows topics from their beginning and keeps what a process knows of them in memory, without a database.

Every process that follows hears every event: there is no group, no offset is kept, and a process that starts again
hears from the beginning what the broker still has (`EVENT_RETENTION`). Handlers must bear repetition. While the broker
is away what was heard goes on to count, and what happened meanwhile is heard once it is back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from prometheus_client import Counter

from shared.events.envelope import Event
from shared.events.kafka import client_config, log, report_error
from shared.events.topics import topics_for
from shared.settings import ServiceSettings
from shared.utils.ids import new_id

BATCH = 500
POLL_SECONDS = 0.5
"""How long one poll may wait; it ends as soon as there is something."""
METADATA_SECONDS = 5.0
RESTART_SECONDS = 1.0
STOP_SECONDS = 5.0

Heard = Callable[[Event, Any], None]
"""What is done with an event. The second argument, the transaction of other handlers, is None here."""

heard_total = Counter("events_followed_total", "Events heard by a process that keeps them in memory", ["type"])


class EventFollower:
    """Hears the events of the types in `handlers`, in order for each subject, in a thread of its own."""

    def __init__(self, settings: ServiceSettings, handlers: Mapping[str, Heard], patience_seconds: float) -> None:
        self._settings = settings
        self._handlers = handlers
        self._topics = topics_for(frozenset(handlers))
        self._words = tuple(f'"{event_type}"'.encode() for event_type in handlers)
        self._patience_seconds = patience_seconds
        self._stop = threading.Event()
        self._caught_up = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def caught_up(self) -> bool:
        """Whether everything that was there at the start has been heard."""
        return self._caught_up.is_set()

    def start(self) -> None:
        """Begin, and wait until everything that is there has been heard: so long as the settings say, and no longer."""
        self._thread = threading.Thread(target=self._run, name="event-follower", daemon=True)
        self._thread.start()
        if not self._caught_up.wait(self._patience_seconds):
            log.warning("began without all earlier events", topics=self._topics, waited=self._patience_seconds)

    def stop(self) -> None:
        """End."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        self._thread = None

    def hear(self, value: bytes) -> None:
        """Hand an event to its handler. What can't be read is left out: nobody could do anything about it here."""
        if not any(word in value for word in self._words):  # Most events are about something else: not parsed.
            return
        try:
            event = Event.from_json(value)
            handler = self._handlers.get(event.type)
            if handler is not None:
                heard_total.labels(event.type).inc()
                handler(event, None)
        except Exception as error:  # noqa: BLE001 - one event, whatever it is, must not end the hearing of all others
            log.warning("event not understood", reason=f"{type(error).__name__}: {error}")

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except KafkaException as error:
                log.warning("event follower interrupted", reason=str(error), retry_in=RESTART_SECONDS)
                self._stop.wait(RESTART_SECONDS)
            except Exception:  # noqa: BLE001 - whatever it was: a process that hears nothing any more looks well
                log.exception("event follower failed", retry_in=RESTART_SECONDS)
                self._stop.wait(RESTART_SECONDS)

    def _follow(self) -> None:
        """One life of a consumer. Raises KafkaException when the broker can't be asked, or after a fatal error."""
        consumer = Consumer(self._config())
        try:
            places = self._places(consumer)
            unread = self._unread(consumer, places)
            consumer.assign(places)
            while not self._stop.is_set():
                if not unread:
                    self._caught_up.set()
                # The library waits for as many as it was asked for: first for one, then for what is there already.
                messages = consumer.consume(1, POLL_SECONDS)
                for message in [*messages, *(consumer.consume(BATCH, 0) if messages else [])]:
                    self._take(message, unread)
        finally:
            consumer.close()

    def _take(self, message: Message, unread: dict[tuple[str, int], int]) -> None:
        """Hear a message, and note when a partition's last one of the beginning has come. Raises KafkaException."""
        place = (str(message.topic()), message.partition() or 0)
        error = message.error()
        if error is None:
            self.hear(message.value() or b"")
            if (message.offset() or 0) + 1 >= unread.get(place, 0):
                unread.pop(place, None)
        elif error.code() == KafkaError._PARTITION_EOF:
            unread.pop(place, None)
        elif error.fatal():
            raise KafkaException(error)
        else:
            report_error(error)

    def _unread(self, consumer: Any, places: list[TopicPartition]) -> dict[tuple[str, int], int]:
        """The offsets behind the last event of the partitions that have any. Asked, because a broker lets a consumer
        wait for a second before it says that there is nothing. Raises KafkaException."""
        ends = {}
        for place in places:
            watermarks = consumer.get_watermark_offsets(place, timeout=METADATA_SECONDS, cached=False)
            if watermarks is not None and watermarks[1] > watermarks[0]:
                ends[(place.topic, place.partition)] = watermarks[1]
        return ends

    def _places(self, consumer: Any) -> list[TopicPartition]:
        """The beginning of every partition. Raises KafkaException while a topic isn't there."""
        found: list[TopicPartition] = []
        for topic in self._topics:
            metadata = consumer.list_topics(topic, timeout=METADATA_SECONDS).topics[topic]
            if metadata.error is not None:
                raise KafkaException(metadata.error)
            found += [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in sorted(metadata.partitions)]
        return found

    def _config(self) -> dict[str, Any]:
        return {
            **client_config(self._settings),
            "allow.auto.create.topics": self._settings.kafka_auto_create_topics,
            "group.id": f"{self._settings.service_name}-{new_id('follower')}",  # Asked for, and never joined.
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 8192,
            "fetch.wait.max.ms": 1000,
            "error_cb": report_error,
        }
