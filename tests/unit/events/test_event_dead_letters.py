"""What is written with an event that is put aside."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from shared.errors import Conflict
from shared.events.dead_letters import DeadLetter, DeadLetterWriter
from shared.settings import ServiceSettings
from tests.unit.clocks import standing_clock
from tests.unit.events.builders import envelope

SETTINGS = ServiceSettings(service_name="billing")
MESSAGE = SimpleNamespace(
    topic=lambda: "compute.events", partition=lambda: 2, offset=lambda: 41, key=lambda: b"i-1", value=lambda: b"raw"
)


class Broker:
    """A producer whose broker answers, or doesn't."""

    def __init__(self, answers: bool) -> None:
        self.answers = answers
        self.sent: list[Any] = []

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_delivery: Callable[[Any, Any], None],
    ) -> None:
        self.sent.append((topic, key, value, {name: text.decode() for name, text in headers}))
        self.report = on_delivery

    def flush(self, _seconds: float) -> int:
        if not self.answers:
            return 1
        self.report(None, None)
        return 0

    def purge(self) -> None:
        self.sent.append("purged")


def writer_to(broker: Broker) -> DeadLetterWriter:
    return DeadLetterWriter(SETTINGS, standing_clock(), lambda _config: broker)


def test_a_dead_letter_is_the_message_as_it_was_with_the_reason_beside_it() -> None:
    broker = Broker(answers=True)

    assert writer_to(broker).write(MESSAGE, "handler_failed", Conflict("no"), 5)

    ((topic, key, value, headers),) = broker.sent
    failed_at = headers.pop("failed_at")
    assert (topic, key, value) == ("dead-letters", b"i-1", b"raw")
    assert failed_at.endswith("+00:00")
    assert headers == {
        "content-type": "application/cloudevents+json; charset=UTF-8",
        "reason": "handler_failed",
        "detail": "Conflict: no",
        "topic": "compute.events",
        "partition": "2",
        "offset": "41",
        "group": "billing",
        "attempts": "5",
    }


def test_a_letter_that_the_broker_did_not_confirm_is_not_written() -> None:
    broker = Broker(answers=False)

    assert not writer_to(broker).write(MESSAGE, "handler_failed", Conflict("no"), 5)
    assert broker.sent[-1] == "purged"


def test_replay_sends_the_event_to_where_it_came_from() -> None:
    broker = Broker(answers=True)
    letter = DeadLetter(b"i-1", b"raw", {"topic": "compute.events", "reason": "handler_failed"})

    assert writer_to(broker).replay(letter)

    assert broker.sent[0][:3] == ("compute.events", b"i-1", b"raw")


@pytest.mark.parametrize(
    ("value", "event_id"),
    [
        (envelope(id="evt-9").encode(), "evt-9"),
        (b"nonsense", ""),
        (b"[1]", ""),
        (b"\xff", ""),
        pytest.param(b"[" * 100_000, "", id="deep"),
    ],
)
def test_a_letter_tells_the_identifier_of_its_event_if_it_has_one(value: bytes, event_id: str) -> None:
    assert DeadLetter(None, value, {}).event_id == event_id
