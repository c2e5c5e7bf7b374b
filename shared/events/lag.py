"""How far a consumer is behind the end of its partitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from prometheus_client import Gauge

from shared.utils.clock import Clock

MEASURE_SECONDS = 2.0
ASK_SECONDS = 1.0
"""How long the broker may take to say where a partition is gone on with; it is asked again at the next measurement."""

consumer_lag = Gauge(
    "events_consumer_lag", "Events in a partition that have not been handled yet", ["topic", "partition"]
)


class LagGauge:
    """Measures from what the consumer knows already. Only of a partition that it has read nothing of since it got it,
    the broker is asked once: one that comes to nothing is what the gauge is for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due = 0.0
        self._begins: dict[tuple[str, int], int] = {}

    def measure(self, consumer: Any, waiting: Mapping[tuple[str, int], int]) -> None:
        """Update the gauge, at most every two seconds. `waiting` has the offsets of events that are tried again: they
        have been read, and not been handled."""
        now = self._clock.monotonic()
        if now < self._due:
            return
        self._due = now + MEASURE_SECONDS
        positions = consumer.position(consumer.assignment())
        ends = {_key(each): _end(consumer, each) for each in positions}
        unread = [each for each in positions if each.offset < 0 <= ends[_key(each)] and _key(each) not in self._begins]
        self._ask(consumer, unread, ends)
        for position in positions:
            key = _key(position)
            following = waiting.get(key, position.offset if position.offset >= 0 else self._begins.get(key, -1))
            if following >= 0 and ends[key] >= 0:
                consumer_lag.labels(position.topic, str(position.partition)).set(max(0, ends[key] - following))

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """These belong to another member, who measures them."""
        for partition in partitions:
            self._begins.pop(_key(partition), None)
            try:
                consumer_lag.remove(partition.topic, str(partition.partition))
            except KeyError:
                continue

    def _ask(self, consumer: Any, unread: list[TopicPartition], ends: Mapping[tuple[str, int], int]) -> None:
        """Learn where partitions are gone on with: where the group has left off, else at their beginning."""
        if not unread:
            return
        try:
            for committed in consumer.committed(unread, timeout=ASK_SECONDS):
                if committed.error is not None:
                    continue
                begin = committed.offset
                if begin < 0 and ends[_key(committed)] > 0:
                    begin, _ = consumer.get_watermark_offsets(committed, timeout=ASK_SECONDS)
                self._begins[_key(committed)] = max(0, begin)
        except KafkaException:
            return


def _key(partition: TopicPartition) -> tuple[str, int]:
    return str(partition.topic), int(partition.partition)


def _end(consumer: Any, partition: TopicPartition) -> int:
    """The offset after the last event of a partition; negative before the first fetch has told."""
    known = consumer.get_watermark_offsets(partition, cached=True)
    return int(known[1]) if known else -1
