"""How far a consumer is behind the end of its partitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confluent_kafka import TopicPartition
from prometheus_client import Gauge

from shared.utils.clock import Clock

MEASURE_SECONDS = 2.0

consumer_lag = Gauge(
    "events_consumer_lag", "Events in a partition that have not been handled yet", ["topic", "partition"]
)


class LagGauge:
    """Measures from what the consumer knows already; asks the broker nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due = 0.0

    def measure(self, consumer: Any) -> None:
        """Update the gauge, at most every two seconds."""
        now = self._clock.monotonic()
        if now < self._due:
            return
        self._due = now + MEASURE_SECONDS
        for position in consumer.position(consumer.assignment()):
            known = consumer.get_watermark_offsets(position, cached=True)
            if known and position.offset >= 0 and known[1] >= 0:
                behind = max(0, known[1] - position.offset)
                consumer_lag.labels(position.topic, str(position.partition)).set(behind)

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """These belong to another member, who measures them."""
        for partition in partitions:
            try:
                consumer_lag.remove(partition.topic, str(partition.partition))
            except KeyError:
                continue
