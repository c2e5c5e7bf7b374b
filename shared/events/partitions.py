"""Partitions that wait because their next event could not be handled yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from confluent_kafka import Message, TopicPartition


@dataclass(frozen=True)
class _Failure:
    offset: int
    attempts: int
    faults: int
    """Attempts that may have failed by the event itself."""
    due: float
    """Monotonic seconds; infinity once the partition has been resumed."""


class WaitingPartitions:
    """Pauses a partition at an event and lets it go on when the wait is over. Keeps the count of attempts."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, int], _Failure] = {}

    def attempts(self, message: Message) -> int:
        """How often this event has been tried before."""
        failure = self._failures.get(_key(message))
        return failure.attempts if failure and failure.offset == message.offset() else 0

    def faults(self, message: Message) -> int:
        """How many of the attempts may have failed by the event itself."""
        failure = self._failures.get(_key(message))
        return failure.faults if failure and failure.offset == message.offset() else 0

    def offsets(self) -> dict[tuple[str, int], int]:
        """The offset of the event that each partition stands at, whether it waits or is being tried again."""
        return {key: failure.offset for key, failure in self._failures.items()}

    def postpone(self, consumer: Any, message: Message, attempts: int, faults: int, due: float) -> None:
        """Deliver nothing of the partition until `due`, and then this message first."""
        topic, partition = _key(message)
        self._failures[topic, partition] = _Failure(message.offset(), attempts, faults, due)
        consumer.pause([TopicPartition(topic, partition)])
        consumer.seek(TopicPartition(topic, partition, message.offset()))

    def resume_due(self, consumer: Any, now: float) -> None:
        """Let the partitions go on whose wait is over."""
        for key, failure in list(self._failures.items()):
            if failure.due <= now:
                self._failures[key] = replace(failure, due=float("inf"))
                consumer.resume([TopicPartition(*key)])

    def next_due(self) -> float:
        """When the first of the waits ends, in monotonic seconds; infinity when nothing waits."""
        return min((failure.due for failure in self._failures.values()), default=float("inf"))

    def forget(self, message: Message) -> None:
        """The event is done with."""
        self._failures.pop(_key(message), None)

    def drop(self, consumer: Any, partitions: Iterable[TopicPartition]) -> None:
        """These are no longer ours. The client library would remember the pause until they come back, so it ends."""
        for partition in partitions:
            if self._failures.pop((partition.topic, partition.partition), None) is not None:
                consumer.resume([TopicPartition(partition.topic, partition.partition)])


def _key(message: Message) -> tuple[str, int]:
    return str(message.topic()), int(message.partition() or 0)
