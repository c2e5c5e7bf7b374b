"""What a process that keeps events in memory does with them."""

from typing import Any

import pytest

from shared.events.envelope import Event, InvalidEvent
from shared.events.follower import EventFollower
from shared.settings import ServiceSettings
from tests.unit.events.builders import envelope

DELETED, CREATED = "compute.instance.deleted", "compute.instance.created"


def follower(handler: Any, *types: str) -> EventFollower:
    return EventFollower(ServiceSettings(service_name="gateway"), {each: handler for each in types}, 0.0)


def test_an_event_of_a_type_that_is_followed_is_heard() -> None:
    heard: list[Event] = []
    follower(lambda event, _: heard.append(event), DELETED).hear(envelope().encode())
    assert [(event.type, event.subject, event.sequence) for event in heard] == [(DELETED, "i-1", 7)]


def test_others_are_not_even_if_they_speak_of_it() -> None:
    heard: list[Event] = []
    listening = follower(lambda event, _: heard.append(event), CREATED)
    listening.hear(envelope().encode())
    listening.hear(envelope(data={"id": CREATED}).encode())
    assert heard == []


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"nonsense",
        b'"compute.instance.deleted"',
        b'{"type":"compute.instance.deleted"}',
        envelope(time="0001-01-01T00:00:00+23:00").encode(),
        b'{"type":"compute.instance.deleted","data":' + b"[" * 100_000,
    ],
    ids=["nothing", "nonsense", "a text", "a type alone", "before all time", "too deep"],
)
def test_what_cannot_be_read_stops_nobody(value: bytes) -> None:
    heard: list[Event] = []
    listening = follower(lambda event, _: heard.append(event), DELETED)
    listening.hear(value)
    listening.hear(envelope().encode())
    assert len(heard) == 1


def test_a_handler_that_cannot_understand_an_event_stops_nobody() -> None:
    def confused(event: Event, _: Any) -> None:
        raise KeyError("reason")

    def refusing(event: Event, _: Any) -> None:
        raise InvalidEvent("no")

    def broken(event: Event, _: Any) -> None:
        raise ZeroDivisionError

    for handler in (confused, refusing, broken):
        follower(handler, DELETED).hear(envelope().encode())


def test_only_topics_of_services_that_exist_are_followed() -> None:
    with pytest.raises(InvalidEvent):
        follower(lambda *_: None, "nobody.thing.done")
