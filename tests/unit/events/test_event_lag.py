"""How far a consumer is behind: what the gauge says, and that it says something."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from prometheus_client import REGISTRY

from shared.events import consumer as consuming
from shared.events.consumer import EventConsumer
from shared.events.lag import LagGauge
from shared.settings import ServiceSettings
from shared.utils.clock import FixedClock
from tests.unit.clocks import standing_clock
from tests.unit.events.builders import FakeDatabase, envelope

UNREAD = -1001
"""What the client library says of a partition that it has read nothing of since it got it."""
DELETED = "compute.instance.deleted"
SECOND = timedelta(seconds=1)


def behind(topic: str, partition: int = 0) -> float | None:
    return REGISTRY.get_sample_value("events_consumer_lag", {"topic": topic, "partition": str(partition)})


class Broker:
    """A consumer's view of one topic: positions and ends by partition, and where the group has left off."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.positions: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self.left_off: dict[int, int] = {}
        self.lowest = 0
        self.answers = True
        self.asked = 0

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition(self.topic, number) for number in self.positions]

    def position(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        return [TopicPartition(self.topic, each.partition, self.positions[each.partition]) for each in partitions]

    def get_watermark_offsets(self, partition: TopicPartition, cached: bool = False, timeout: float = 0) -> Any:
        return (UNREAD if cached else self.lowest, self.ends.get(partition.partition, UNREAD))

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        self.asked += 1
        if not self.answers:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return [
            TopicPartition(self.topic, each.partition, self.left_off.get(each.partition, UNREAD)) for each in partitions
        ]


def measured(gauge: LagGauge, clock: FixedClock, broker: Broker, waiting: Mapping[int, int] | None = None) -> None:
    clock.advance(2 * SECOND)
    gauge.measure(broker, {(broker.topic, number): offset for number, offset in (waiting or {}).items()})


def test_it_is_what_lies_between_the_position_and_the_end() -> None:
    clock, broker = standing_clock(), Broker("between.events")
    broker.positions, broker.ends = {0: 7, 1: 4}, {0: 12, 1: 4}

    measured(LagGauge(clock), clock, broker)

    assert (behind("between.events"), behind("between.events", 1)) == (5, 0)
    assert broker.asked == 0


def test_an_event_that_is_tried_again_is_not_handled_though_it_was_read() -> None:
    clock, broker = standing_clock(), Broker("waiting.events")
    broker.positions, broker.ends = {0: 8}, {0: 8}
    gauge = LagGauge(clock)

    measured(gauge, clock, broker, waiting={0: 7})
    assert behind("waiting.events") == 1

    measured(gauge, clock, broker)
    assert behind("waiting.events") == 0


def test_a_partition_that_was_dropped_and_comes_back_has_its_gauge_again_before_anything_of_it_is_read() -> None:
    clock, broker = standing_clock(), Broker("back.events")
    broker.positions, broker.ends = {0: 7}, {0: 9}
    gauge = LagGauge(clock)
    measured(gauge, clock, broker)
    assert behind("back.events") == 2

    gauge.drop(broker.assignment())
    assert behind("back.events") is None

    # Meanwhile another member has handled one of the two, and a third came.
    broker.positions, broker.ends, broker.left_off = {0: UNREAD}, {0: 10}, {0: 8}
    measured(gauge, clock, broker)
    assert behind("back.events") == 2

    broker.ends = {0: 11}
    measured(gauge, clock, broker)
    assert (behind("back.events"), broker.asked) == (3, 1)

    # And it is asked anew when the partition has been away once more.
    gauge.drop(broker.assignment())
    broker.left_off = {0: 11}
    measured(gauge, clock, broker)
    assert (behind("back.events"), broker.asked) == (0, 2)


def test_a_partition_of_which_nothing_was_ever_handled_is_behind_by_all_that_the_broker_still_has() -> None:
    clock, broker = standing_clock(), Broker("new.events")
    broker.positions, broker.ends, broker.lowest = {0: UNREAD}, {0: 30}, 10

    measured(LagGauge(clock), clock, broker)

    assert behind("new.events") == 20


def test_a_broker_that_does_not_say_where_is_asked_again() -> None:
    clock, broker = standing_clock(), Broker("silent.events")
    broker.positions, broker.ends, broker.left_off, broker.answers = {0: UNREAD}, {0: 10}, {0: 6}, False
    gauge = LagGauge(clock)
    measured(gauge, clock, broker)
    assert behind("silent.events") is None

    broker.answers = True
    measured(gauge, clock, broker)
    assert behind("silent.events") == 4


def test_it_is_measured_every_two_seconds_at_most() -> None:
    clock, broker = standing_clock(), Broker("seldom.events")
    broker.positions, broker.ends = {0: 1}, {0: 1}
    gauge = LagGauge(clock)
    measured(gauge, clock, broker)
    broker.ends = {0: 5}

    clock.advance(SECOND)
    gauge.measure(broker, {})
    assert behind("seldom.events") == 0

    clock.advance(SECOND)
    gauge.measure(broker, {})
    assert behind("seldom.events") == 4


class Stream(Broker):
    """A consumer that always has another message, one a second, until it has had `count`."""

    def __init__(self, topic: str, count: int, clock: FixedClock, fails_at: int = -1) -> None:
        super().__init__(topic)
        self.positions, self.ends = {0: 0}, {0: 100}
        self.count, self.clock, self.fails_at = count, clock, fails_at
        self.ended = threading.Event()
        self.seen: float | None = None
        """What the gauge said when the last message had been handled and none had been missing."""

    def subscribe(self, _topics: list[str], **_callbacks: Any) -> None:
        """A consumer has this."""

    def consume(self, _number: int, _timeout: float) -> list[Any]:
        read = self.positions[0]
        if read == self.fails_at:
            self.fails_at = -1
            raise RuntimeError("what nobody thought of")
        if read == self.count:
            self.seen = behind(self.topic) if not self.ended.is_set() else self.seen
            self.ended.set()
            return []
        self.clock.advance(SECOND)
        self.positions[0] = read + 1
        value = envelope(id=f"evt-{read}").encode()
        message = SimpleNamespace(
            topic=lambda: self.topic, partition=lambda: 0, offset=lambda: read, value=lambda: value, error=lambda: None
        )
        return [message]

    def store_offsets(self, message: Any) -> None:
        """A consumer has this."""

    def close(self) -> None:
        """A consumer has this."""


class Database(FakeDatabase):
    """One that has nothing old in its inbox."""

    def run(self, work: Any) -> Any:
        return False if "forget_older_than" in work.__code__.co_names else super().run(work)


def consume_all(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handled when the stream has been read to its end."""
    monkeypatch.setattr(consuming, "Consumer", lambda _config: stream)
    monkeypatch.setattr(consuming, "RESTART_SECONDS", 0.01)
    database = Database()
    handlers = {DELETED: lambda event, transaction: transaction.database.effects.append(event.id)}
    consumer = EventConsumer(ServiceSettings(service_name="billing"), handlers, database, stream.clock)
    consumer.start()
    assert stream.ended.wait(10.0), "the stream was not read to its end"
    consumer.stop()
    return database.effects


def test_it_moves_while_there_is_always_another_event(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream("busy.events", 10, standing_clock())

    assert consume_all(stream, monkeypatch) == [f"evt-{number}" for number in range(10)]

    # Measured after the first one, and then after every second.
    assert stream.seen == 91


def test_consuming_goes_on_whatever_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream("failing.events", 4, standing_clock(), fails_at=2)

    assert consume_all(stream, monkeypatch) == [f"evt-{number}" for number in range(4)]
