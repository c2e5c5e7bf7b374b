"""A partition waits for its next event while the others go on."""

from types import SimpleNamespace
from typing import Any

from confluent_kafka import TopicPartition

from shared.events.partitions import WaitingPartitions


class Consumer:
    """Remembers what it was asked to do."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def pause(self, partitions: list[TopicPartition]) -> None:
        self.calls += [("pause", p.topic, p.partition) for p in partitions]

    def resume(self, partitions: list[TopicPartition]) -> None:
        self.calls += [("resume", p.topic, p.partition) for p in partitions]

    def seek(self, partition: TopicPartition) -> None:
        self.calls.append(("seek", partition.topic, partition.partition, partition.offset))


def message(offset: int, partition: int = 0) -> Any:
    return SimpleNamespace(topic=lambda: "compute.events", partition=lambda: partition, offset=lambda: offset)


def test_the_partition_pauses_at_the_event() -> None:
    consumer, waiting = Consumer(), WaitingPartitions()

    waiting.postpone(consumer, message(5), attempts=1, faults=1, due=10.0)

    assert consumer.calls == [("pause", "compute.events", 0), ("seek", "compute.events", 0, 5)]


def test_it_goes_on_when_the_wait_is_over_and_only_once() -> None:
    consumer, waiting = Consumer(), WaitingPartitions()
    waiting.postpone(consumer, message(5), attempts=1, faults=1, due=10.0)
    consumer.calls.clear()

    waiting.resume_due(consumer, 9.9)
    assert consumer.calls == []

    waiting.resume_due(consumer, 10.0)
    waiting.resume_due(consumer, 11.0)
    assert consumer.calls == [("resume", "compute.events", 0)]


def test_attempts_are_counted_over_the_wait_for_this_event_alone() -> None:
    consumer, waiting = Consumer(), WaitingPartitions()
    waiting.postpone(consumer, message(5), attempts=3, faults=3, due=10.0)
    waiting.resume_due(consumer, 10.0)

    assert waiting.attempts(message(5)) == 3
    assert waiting.attempts(message(6)) == 0
    assert waiting.attempts(message(5, partition=1)) == 0


def test_an_event_that_is_done_with_is_forgotten() -> None:
    consumer, waiting = Consumer(), WaitingPartitions()
    waiting.postpone(consumer, message(5), attempts=3, faults=3, due=10.0)

    waiting.forget(message(5))

    assert waiting.attempts(message(5)) == 0


def test_a_partition_that_was_taken_away_is_not_paused_when_it_comes_back() -> None:
    consumer, waiting = Consumer(), WaitingPartitions()
    waiting.postpone(consumer, message(5), attempts=1, faults=1, due=10.0)
    consumer.calls.clear()

    waiting.drop(consumer, [TopicPartition("compute.events", 0), TopicPartition("compute.events", 1)])
    assert consumer.calls == [("resume", "compute.events", 0)]

    waiting.resume_due(consumer, 20.0)
    assert consumer.calls == [("resume", "compute.events", 0)]


def test_the_end_of_the_first_wait_is_known() -> None:
    consumer, waiting = Consumer(), WaitingPartitions()
    assert waiting.next_due() == float("inf")

    waiting.postpone(consumer, message(5), attempts=1, faults=1, due=10.0)
    waiting.postpone(consumer, message(5, partition=1), attempts=1, faults=1, due=12.0)
    assert waiting.next_due() == 10.0

    waiting.resume_due(consumer, 10.0)
    assert waiting.next_due() == 12.0


def test_where_each_partition_stands_is_known_until_its_event_is_done_with() -> None:
    consumer, waiting = Consumer(), WaitingPartitions()
    waiting.postpone(consumer, message(5), attempts=1, faults=1, due=10.0)
    waiting.postpone(consumer, message(8, partition=1), attempts=1, faults=1, due=12.0)

    waiting.resume_due(consumer, 10.0)
    assert waiting.offsets() == {("compute.events", 0): 5, ("compute.events", 1): 8}

    waiting.forget(message(5))
    assert waiting.offsets() == {("compute.events", 1): 8}
