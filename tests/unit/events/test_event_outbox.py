"""Publishing: what the event says of its cause, and whose transaction it is in."""

import json
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import Unauthenticated
from shared.events import Event, publish
from shared.events.cursor import cursor_of
from shared.events.envelope import InvalidEvent
from shared.events.schema import InvalidEventData, UnknownEventType
from shared.kernel.context import service_context
from shared.kernel.tracing import trace_id
from tests.unit.clocks import standing_clock
from tests.unit.events.builders import TRACE_ID, TRACEPARENT


class Cursor:
    """A DB-API cursor that remembers."""

    def __init__(self) -> None:
        self.executed: list[tuple[str, tuple[Any, ...]]] = []
        self.closed = False

    def execute(self, statement: str, arguments: tuple[Any, ...]) -> None:
        self.executed.append((statement, arguments))

    def fetchone(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True


class Connection:
    """A DB-API connection with one cursor; committing it is not the publisher's business."""

    def __init__(self) -> None:
        self.only = Cursor()

    def cursor(self) -> Cursor:
        return self.only


class Session:
    """What a SQLAlchemy session has in common with the real one, as far as it is asked here."""

    def __init__(self) -> None:
        self.driver = Connection()
        self.connection_ = type("SqlConnection", (), {"connection": self.driver, "exec_driver_sql": None})()

    def get_bind(self) -> None:
        return None

    def execute(self, statement: str) -> None:
        raise AssertionError("the driver's connection is to be used")

    def connection(self) -> Any:
        return self.connection_


def in_context() -> AbstractContextManager[object]:
    return service_context(
        "compute", "t-1", standing_clock(), actor="u-9", correlation_id="c-42", traceparent=TRACEPARENT
    )


def published(connection: object, **changes: Any) -> Event:
    arguments = {"subject": "i-1", "data": {"id": "i-1"}, "sequence": 3, **changes}
    return publish(connection, "compute.instance.deleted", **arguments)


@pytest.mark.parametrize("text", ["\\u0000", "C:\\u0000", "\\\\u0000", "u0000"], ids=range(4))
def test_text_that_only_looks_like_an_escaped_nul_is_published(text: str) -> None:
    with in_context():
        event = published(Connection(), data={"id": text})
    assert json.loads(event.to_json())["data"] == {"id": text}


@pytest.mark.parametrize("text", ["\x00", "\\\x00", "a\x00b"], ids=range(3))
def test_nul_is_not_published(text: str) -> None:
    with in_context(), pytest.raises(InvalidEvent, match="NUL"):
        published(Connection(), data={"id": text})


def test_tenant_actor_correlation_and_trace_come_from_the_context() -> None:
    with in_context():
        event = published(Connection())

    assert (event.tenant_id, event.actor, event.correlation_id) == ("t-1", "u-9", "c-42")
    assert trace_id(event.traceparent) == TRACE_ID
    assert (event.source, event.subject, event.sequence) == ("omnicloud/compute", "i-1", 3)


def test_the_row_holds_id_topic_subject_and_the_whole_envelope() -> None:
    connection = Connection()

    with in_context():
        event = published(connection)

    ((_, arguments),) = connection.only.executed
    assert arguments == (event.id, "compute.events", "i-1", event.to_json())
    assert json.loads(arguments[3])["tenantid"] == "t-1"


def test_every_event_has_an_identifier_of_its_own() -> None:
    with in_context():
        assert published(Connection()).id != published(Connection()).id


def test_work_on_another_tenant_belongs_to_that_tenant() -> None:
    with in_context():
        assert published(Connection(), tenant_id="t-2").tenant_id == "t-2"


def test_the_time_can_be_given() -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC)

    with in_context():
        assert published(Connection(), time=moment).time == moment


def test_nothing_is_published_outside_of_any_context() -> None:
    connection = Connection()

    with pytest.raises(Unauthenticated):
        published(connection)

    assert connection.only.executed == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"data": {"name": "no id"}}, InvalidEventData),
        ({"data": {"id": "i-1", "price": Decimal("1.5")}}, InvalidEvent),
        ({"data": {"id": "i-1", "load": float("inf")}}, InvalidEvent),
        ({"sequence": -1}, InvalidEvent),
        ({"subject": ""}, InvalidEvent),
    ],
)
def test_what_is_not_acceptable_is_refused_before_anything_is_written(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    connection = Connection()

    with in_context(), pytest.raises(error):
        published(connection, **changes)

    assert connection.only.executed == []


def test_a_type_without_schema_is_refused() -> None:
    connection = Connection()

    with in_context(), pytest.raises(UnknownEventType):
        publish(connection, "compute.instance.teleported", subject="i-1", data={}, sequence=1)

    assert connection.only.executed == []


def test_later_changes_to_the_data_do_not_reach_the_event() -> None:
    tags = ["a"]
    data = {"id": "i-1", "tags": tags}

    with in_context():
        event = published(Connection(), data=data)
    tags.append("b")

    assert event.data == {"id": "i-1", "tags": ["a"]}


def test_a_session_is_written_through_its_own_connection() -> None:
    session = Session()

    with in_context():
        published(session)

    assert len(session.driver.only.executed) == 1
    assert session.driver.only.closed


def test_a_cursor_is_used_as_it_is_and_stays_open() -> None:
    cursor = Cursor()

    with cursor_of(cursor) as used:
        assert used is cursor

    assert not cursor.closed


def test_anything_without_a_connection_is_refused() -> None:
    with pytest.raises(TypeError, match="dict is neither"):
        with cursor_of({}):
            pass
