"""Events that could not be handled: written with the reason, listed, and replayed once the cause is mended.

`python -m shared.events.dead_letters list` and `… replay EVENT_ID`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, Producer, TopicPartition

from shared.errors import NotFound, OmniCloudError
from shared.events.envelope import CONTENT_TYPE
from shared.events.kafka import MAX_MESSAGE_BYTES, consumer_config, log, producer_config, report_error
from shared.events.topics import DEAD_LETTERS
from shared.settings import ServiceSettings
from shared.utils.clock import Clock, system_clock

CONFIRM_SECONDS = 5.0
READ_SECONDS = 5.0
MAX_LETTER_BYTES = MAX_MESSAGE_BYTES + 16_384
"""A letter is its message and headers of up to two kilobytes; the broker takes 48 kilobytes more than a producer."""
MAX_DETAIL = 500
"""Characters of an error that go into a header."""


class DeadLetterWriter:
    """Writes dead letters; its producer is made with the first one."""

    def __init__(
        self, settings: ServiceSettings, clock: Clock, make_producer: Callable[[dict[str, Any]], Any] = Producer
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._make_producer = make_producer
        self._producer: Any = None

    def write(self, message: Message, reason: str, error: Exception, attempts: int) -> bool:
        """Put a message aside; True once the broker has it. `reason` is a machine code."""
        headers = {
            "content-type": CONTENT_TYPE,
            "reason": reason,
            "detail": f"{type(error).__name__}: {_detail(error)}"[:MAX_DETAIL],
            "topic": str(message.topic()),
            "partition": str(message.partition()),
            "offset": str(message.offset()),
            "group": self._settings.service_name,
            "attempts": str(attempts),
            "failed_at": self._clock.now().isoformat(),
        }
        delivered = self._send(DEAD_LETTERS, message.key(), message.value(), headers)
        (log.error if delivered else log.warning)(
            "event put aside" if delivered else "dead letter not confirmed", **headers
        )
        return delivered

    def replay(self, letter: DeadLetter) -> bool:
        """Send a letter's event to its topic again; True once the broker has it. Whoever has applied it skips it."""
        return self._send(letter.topic, letter.key, letter.value, {"content-type": CONTENT_TYPE})

    def _send(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, str]) -> bool:
        confirmed: list[bool] = []
        if self._producer is None:
            config = {**producer_config(self._settings), "message.max.bytes": MAX_LETTER_BYTES}
            self._producer = self._make_producer({**config, "error_cb": report_error})
        self._producer.produce(
            topic,
            key=key,
            value=value,
            headers=[(name, text.encode()) for name, text in headers.items()],
            on_delivery=lambda error, _message: confirmed.append(error is None),
        )
        if self._producer.flush(CONFIRM_SECONDS):
            self._producer.purge()
            self._producer = None
        return confirmed == [True]


@dataclass(frozen=True)
class DeadLetter:
    """A message that was put aside, and why."""

    key: bytes | None
    value: bytes
    headers: dict[str, str]

    @property
    def topic(self) -> str:
        """Where it came from."""
        return self.headers.get("topic", "")

    @property
    def event_id(self) -> str:
        """The identifier of the event; empty when the value isn't an event at all."""
        try:
            attributes = json.loads(self.value)
        except (ValueError, RecursionError):  # Whatever could not be read is put aside, too.
            return ""
        return str(attributes.get("id", "")) if isinstance(attributes, dict) else ""


def list_dead_letters(settings: ServiceSettings) -> Iterator[DeadLetter]:
    """Every dead letter the broker still has, oldest first. Joins no group and commits nothing."""
    consumer = Consumer({**consumer_config(settings, f"dead-letters-{uuid4()}"), "enable.partition.eof": True})
    try:
        consumer.assign(_partitions(consumer))
        open_partitions = len(consumer.assignment())
        while open_partitions:
            message = consumer.poll(READ_SECONDS)
            if message is None:
                return
            if message.error() is None:
                yield _letter(message)
            elif message.error().name() == "_PARTITION_EOF":
                open_partitions -= 1
            else:
                raise KafkaException(message.error())
    finally:
        consumer.close()


def replay(settings: ServiceSettings, clock: Clock, event_id: str) -> DeadLetter:
    """Send the dead letter of an event to its topic again. Raises NotFound, or KafkaException."""
    for letter in list_dead_letters(settings):
        if letter.event_id == event_id and letter.topic:
            if not DeadLetterWriter(settings, clock).replay(letter):
                raise KafkaException(f"the broker didn't confirm {event_id}")
            return letter
    raise NotFound(f"there is no dead letter of the event {event_id}")


def _partitions(consumer: Any) -> list[TopicPartition]:
    metadata = consumer.list_topics(DEAD_LETTERS, timeout=READ_SECONDS).topics[DEAD_LETTERS]
    return [TopicPartition(DEAD_LETTERS, partition, OFFSET_BEGINNING) for partition in metadata.partitions]


def _letter(message: Message) -> DeadLetter:
    headers = {str(name): bytes(value or b"").decode("utf-8", "replace") for name, value in message.headers() or ()}
    return DeadLetter(message.key(), message.value() or b"", headers)


def _detail(error: Exception) -> str:
    return error.detail if isinstance(error, OmniCloudError) else str(error)


def main(arguments: list[str]) -> int:
    """List the dead letters as JSON lines, or replay one."""
    settings = ServiceSettings(service_name="dead-letters")
    clock = system_clock(settings.clock_file)
    match arguments:
        case ["list"]:
            for letter in list_dead_letters(settings):
                print(json.dumps({"event_id": letter.event_id, **letter.headers}))
        case ["replay", event_id]:
            print(f"replayed {event_id} to {replay(settings, clock, event_id).topic}")
        case _:
            print("usage: python -m shared.events.dead_letters list | replay EVENT_ID", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
