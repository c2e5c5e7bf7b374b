"""The envelope: CloudEvents 1.0 JSON out, and nothing else in."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.events.envelope import Event, InvalidEvent, service_of
from tests.unit.events.builders import TRACEPARENT, envelope, event


def test_structured_json_has_every_attribute_under_its_cloudevents_name() -> None:
    assert json.loads(event().to_json()) == {
        "specversion": "1.0",
        "id": "evt-1",
        "source": "omnicloud/compute",
        "type": "compute.instance.deleted",
        "subject": "i-1",
        "time": "2025-03-01T12:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:omnicloud:event:compute.instance.deleted",
        "tenantid": "t-1",
        "correlationid": "c-1",
        "traceparent": TRACEPARENT,
        "actor": "u-1",
        "sequence": 7,
        "data": {"id": "i-1"},
    }


def test_what_is_written_reads_back_as_the_same_event() -> None:
    original = event(data={"id": "i-1", "name": "Zürich ☁", "nested": {"list": [1, None, True]}})

    assert Event.from_json(original.to_json()) == original
    assert Event.from_json(original.to_json().encode()) == original


def test_time_is_written_in_utc_whatever_zone_it_was_given_in() -> None:
    tokyo = timezone(timedelta(hours=9))

    text = event(time=datetime(2025, 3, 1, 21, 30, tzinfo=tokyo)).to_json()

    assert json.loads(text)["time"] == "2025-03-01T12:30:00Z"


def test_time_with_an_offset_is_read_as_utc() -> None:
    assert Event.from_json(envelope(time="2025-03-01T21:30:00.250+09:00")).time == datetime(
        2025, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "name", ["id", "source", "type", "subject", "time", "tenantid", "correlationid", "traceparent", "actor", "sequence"]
)
def test_every_attribute_is_required(name: str) -> None:
    with pytest.raises(InvalidEvent, match=name):
        Event.from_json(envelope(**{name: None}))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"tenantid": ""}, "tenantid"),
        ({"subject": 5}, "subject"),
        ({"data": [1]}, "data must be a JSON object"),
        ({"data": None}, "data must be a JSON object"),
        ({"sequence": "7"}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2**31}, "sequence"),
        ({"sequence": 1.5}, "sequence"),
        ({"time": "2025-03-01T12:00:00"}, "RFC 3339"),
        ({"time": "2025-02-30T12:00:00Z"}, "no date of the calendar"),
        ({"time": "0001-01-01T00:00:00+23:00"}, "no date of the calendar"),
        ({"time": "9999-12-31T23:59:59-23:00"}, "no date of the calendar"),
        ({"time": "yesterday"}, "RFC 3339"),
        ({"type": "Compute.Instance.Created"}, "event type"),
        ({"type": "compute"}, "event type"),
    ],
)
def test_wrong_attributes_are_refused_by_name(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidEvent, match=complaint):
        Event.from_json(envelope(**changes))


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '"text"', "null", b"\xff\xfe", '{"specversion": NaN}', '{"data":' + "[" * 100_000]
)
def test_anything_but_a_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidEvent):
        Event.from_json(text)


def test_attributes_of_other_producers_are_ignored() -> None:
    assert Event.from_json(envelope(partitionkey="i-1", color="blue")) == event()


def test_a_float_that_is_no_json_number_is_not_written() -> None:
    with pytest.raises(InvalidEvent, match="JSON"):
        event(data={"value": float("nan")}).to_json()


def test_an_event_larger_than_a_broker_takes_is_refused_before_it_is_stored() -> None:
    with pytest.raises(InvalidEvent, match="larger than 900000 bytes"):
        event(data={"text": "é" * 450_000}).to_json()


def test_stream_and_service_come_from_the_type() -> None:
    assert (event().service, event().stream) == ("compute", "compute.instance")
    assert service_of("billing.usage.recorded") == "billing"
