"""Handling one received event: once, in its tenant, as a part of its trace."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.errors import Conflict
from shared.events import Event
from shared.events.envelope import InvalidEvent
from shared.events.inbox import Handler
from shared.events.processing import EventProcessor, Outcome
from shared.events.schema import InvalidEventData
from shared.kernel.context import RequestContext, current, current_or_none
from tests.unit.clocks import standing_clock
from tests.unit.events.builders import TRACE_ID, TRACEPARENT, FakeDatabase, envelope, event

DELETED = "compute.instance.deleted"


def record_effect(event: Event, transaction: Any) -> None:
    transaction.database.effects.append((event.id, current().tenant_id))


def processor(database: FakeDatabase, handlers: Mapping[str, Handler] | None = None) -> EventProcessor:
    return EventProcessor("billing", handlers or {DELETED: record_effect}, database, standing_clock())


def test_an_event_is_applied_in_its_own_tenant() -> None:
    database = FakeDatabase()

    outcome = processor(database).process(envelope(id="evt-1", tenantid="t-7").encode())

    assert outcome is Outcome.APPLIED
    assert database.effects == [("evt-1", "t-7")]
    assert database.inbox == {"evt-1"}


def test_the_second_delivery_does_nothing() -> None:
    database = FakeDatabase()
    message = envelope(id="evt-1").encode()

    outcomes = [processor(database).process(message) for _ in range(3)]

    assert outcomes == [Outcome.APPLIED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert len(database.effects) == 1


def test_a_failed_handler_leaves_no_trace_and_may_run_again() -> None:
    database = FakeDatabase()
    attempts = []

    def fails_once(event: Event, transaction: Any) -> None:
        record_effect(event, transaction)
        attempts.append(event.id)
        if len(attempts) == 1:
            raise Conflict("not now")

    first = processor(database, {DELETED: fails_once})
    with pytest.raises(Conflict):
        first.process(envelope().encode())
    assert (database.effects, database.inbox) == ([], set())

    assert first.process(envelope().encode()) is Outcome.APPLIED
    assert len(database.effects) == 1


def test_correlation_trace_and_actor_go_on_in_the_handler() -> None:
    seen: list[RequestContext] = []

    processor(FakeDatabase(), {DELETED: lambda _event, _tx: seen.append(current())}).process(
        envelope(correlationid="c-42", traceparent=TRACEPARENT, actor="u-9").encode()
    )

    (context,) = seen
    _, trace, span, _ = context.traceparent.split("-")
    assert context.correlation_id == "c-42"
    assert trace == TRACE_ID
    assert span != TRACEPARENT.split("-")[2]
    assert context.caller.responsible == "u-9"
    assert context.caller.subject == "service:billing"


def test_the_context_ends_with_the_handler() -> None:
    processor(FakeDatabase()).process(envelope().encode())

    assert current_or_none() is None


def test_types_that_nobody_handles_are_ignored_unread() -> None:
    database = FakeDatabase()

    outcome = processor(database).process(envelope(type="compute.instance.teleported", data={"any": 1}).encode())

    assert outcome is Outcome.IGNORED
    assert database.inbox == set()


def test_a_handler_for_everything_gets_what_has_no_handler_of_its_own() -> None:
    seen = []
    handlers = {
        "*": lambda event, _tx: seen.append(("*", event.type)),
        "auth.user.created": lambda event, _tx: seen.append(("own", event.type)),
    }
    both = processor(FakeDatabase(), handlers)

    both.process(envelope(id="evt-1").encode())
    both.process(event(id="evt-2", type="auth.user.created", data={"id": "u-1", "email": "a@b.c"}).to_json().encode())

    assert seen[0] == ("*", DELETED)
    assert [name for name, _ in seen] == ["*", "own"]


@pytest.mark.parametrize(
    ("message", "error"), [(b"nonsense", InvalidEvent), (envelope(data={"name": "no id"}).encode(), InvalidEventData)]
)
def test_what_cannot_be_read_never_reaches_the_handler(message: bytes, error: type[Exception]) -> None:
    database = FakeDatabase()

    with pytest.raises(error):
        processor(database).process(message)

    assert (database.effects, database.inbox) == ([], set())
