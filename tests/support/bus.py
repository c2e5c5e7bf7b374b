"""Read the event bus as any consumer would."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from tests.support.eventually import PATIENCE

PATIENCE_SECONDS = 30.0
BATCH = 500


class Bus:
    """Events as JSON, read from topics from their beginning, without a consumer group's memory."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: Producer | None = None

    def events(
        self, topic: str, matching: Callable[[dict[str, Any]], bool], count: int = 1, timeout: float = PATIENCE_SECONDS
    ) -> list[dict[str, Any]]:
        """The first `count` events of a topic that match. Fails when they don't arrive within `timeout` seconds."""
        return self._read(topic, b"", matching, count, timeout)

    def of_subject(
        self, topic: str, subject: str, count: int = 1, timeout: float = PATIENCE_SECONDS
    ) -> list[dict[str, Any]]:
        """The first `count` events about one resource."""
        return self._read(topic, subject.encode(), lambda event: event.get("subject") == subject, count, timeout)

    def holding(self, topic: str, words: bytes, timeout: float = PATIENCE_SECONDS) -> list[dict[str, Any]]:
        """All events of a topic that hold these words and are on it by now."""
        consumer = self._consumer(topic)
        try:
            ends = {
                partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=timeout)[1]
                for partition in partitions_of(consumer, topic)
            }
            found: list[dict[str, Any]] = []
            deadline = time.monotonic() + timeout * PATIENCE
            while any(_position(consumer, topic, each) < ends[each] for each in ends):
                assert time.monotonic() < deadline, f"{topic} could not be read to its end within {timeout:g} s"
                found += _next_events(consumer, words)
            return found
        finally:
            consumer.close()

    def _read(
        self, topic: str, words: bytes, matching: Callable[[dict[str, Any]], bool], count: int, timeout: float
    ) -> list[dict[str, Any]]:
        """The first events that match; only those that hold these words are looked into: topics are long."""
        found: list[dict[str, Any]] = []
        consumer = self._consumer(topic)
        try:
            deadline = time.monotonic() + timeout * PATIENCE
            while len(found) < count and time.monotonic() < deadline:
                found += filter(matching, _next_events(consumer, words))
        finally:
            consumer.close()
        assert len(found) >= count, f"{len(found)} of {count} matching events on {topic} within {timeout:g} s"
        return found[:count]

    def send(self, topic: str, event: dict[str, Any]) -> None:
        """Put an event on the bus and wait until the broker has it."""
        if self._producer is None:
            self._producer = Producer({"bootstrap.servers": self._bootstrap, "linger.ms": 0})
        partitions_of(self._producer, topic)
        self._producer.produce(topic, json.dumps(event).encode(), key=str(event.get("subject", "")).encode())
        assert self._producer.flush(10) == 0, "the broker did not take the event within 10 s"

    def _consumer(self, topic: str) -> Consumer:
        consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": f"tests-{secrets.token_hex(8)}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions_of(consumer, topic)])
        return consumer


def _next_events(consumer: Consumer, words: bytes) -> list[dict[str, Any]]:
    """Those of the next events that hold these words: many at a time, since a topic holds all that a run has told."""
    messages = consumer.consume(1, 0.1)  # The library waits for as many as it is asked for.
    messages += consumer.consume(BATCH, 0) if messages else []
    return [event for message in messages if (event := _event(message, words)) is not None]


def _event(message: Message, words: bytes) -> dict[str, Any] | None:
    """The event of a message. What is no event is passed over: other tests put anything on a topic."""
    if message.error():
        raise KafkaException(message.error())
    text = message.value() or b""
    if words not in text:
        return None
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("type"), str) and "data" in event else None


def _position(consumer: Consumer, topic: str, partition: int) -> int:
    """How far a partition has been read."""
    [found] = consumer.position([TopicPartition(topic, partition)])
    return max(0, int(found.offset))


def partitions_of(client: Consumer | Producer, topic: str) -> list[int]:
    """The partitions of a topic. Fails at once when there is no such topic: no event of it would ever come."""
    found = client.list_topics(topic, timeout=10).topics[topic]
    if found.error is not None:
        assert found.error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART, f"the broker has no topic {topic}"
        raise KafkaException(found.error)
    return sorted(found.partitions)
