"""The envelope of every event: CloudEvents 1.0 in the JSON format, with this platform's extension attributes.

Source: CloudEvents 1.0.2, "JSON Event Format" and "Kafka Protocol Binding" (structured mode). Extension names are in
lower case without separators, as the specification asks for: tenantid, correlationid, traceparent, actor, sequence,
sourcesequence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from shared.errors import OmniCloudError

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
DATA_CONTENT_TYPE = "application/json"
MAX_BYTES = 900_000
"""Largest envelope: below the 1 MB (`message.max.bytes`) that brokers take by default, with room for headers."""
MAX_SEQUENCE = 2**31 - 1
"""CloudEvents' Integer is 32 bits wide."""
SOURCE_SEQUENCE = "sourcesequence"
"""Text, because it outgrows CloudEvents' Integer."""
ANY_TYPE = "*"
"""In a table of handlers: every type that has no handler of its own."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_COUNT = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_TYPE = re.compile(r"[a-z]+(\.[a-z][a-z0-9_]*){2,3}")
_TEXT = ("id", "source", "type", "subject", "time", "tenantid", "correlationid", "traceparent", "actor")


class InvalidEvent(OmniCloudError):
    """Not an event of this platform: no JSON, an attribute is missing or of the wrong kind, or it is too large."""

    code = "invalid_event"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened to one subject, in one tenant.

    `sequence` orders the events of a subject: it rises with every change (usually the row's version). `actor` is who
    answers for it. `correlation_id` is that of the request that caused it. `traceparent` is the span in which it was
    created, in that request's trace; `tracestate` goes with it, if there is one (CloudEvents Distributed Tracing).
    `source_sequence` counts what a source has sent of a tenant, from 1 without gaps; the relay gives it, so that
    whoever keeps all events knows when one is missing.
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    tenant_id: str
    correlation_id: str
    traceparent: str
    actor: str
    sequence: int
    data: Mapping[str, Any]
    tracestate: str = ""
    source_sequence: int | None = None

    @property
    def service(self) -> str:
        """The producing service."""
        return service_of(self.type)

    @property
    def stream(self) -> str:
        """What kind of thing the subject is, for example `compute.instance`."""
        return self.type.rpartition(".")[0]

    @property
    def dataschema(self) -> str:
        """The URN of the schema that `data` satisfies."""
        return schema_urn(self.type)

    def to_json(self) -> str:
        """The structured-mode JSON. Raises InvalidEvent when `data` isn't JSON or the whole is too large."""
        attributes = {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": DATA_CONTENT_TYPE,
            "dataschema": self.dataschema,
            "tenantid": self.tenant_id,
            "correlationid": self.correlation_id,
            "traceparent": self.traceparent,
            "actor": self.actor,
            "sequence": self.sequence,
            "data": self.data,
        }
        if self.tracestate:
            attributes["tracestate"] = self.tracestate
        if self.source_sequence is not None:
            attributes[SOURCE_SEQUENCE] = str(self.source_sequence)
        try:
            text = json.dumps(attributes, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise InvalidEvent(f"the data of {self.type} can't be written as JSON: {error}") from error
        if len(text.encode()) > MAX_BYTES:
            raise InvalidEvent(f"the event {self.type} of {self.subject} is larger than {MAX_BYTES} bytes")
        return text

    @classmethod
    def from_json(cls, text: str | bytes) -> Event:
        """The event in a structured-mode JSON text. Unknown attributes are ignored. Raises InvalidEvent."""
        attributes = _parse(text)
        if attributes.get("specversion") != SPEC_VERSION:
            raise InvalidEvent(f"specversion must be {SPEC_VERSION!r}, not {attributes.get('specversion')!r}")
        if attributes.get("datacontenttype", DATA_CONTENT_TYPE) != DATA_CONTENT_TYPE:
            raise InvalidEvent(f"datacontenttype must be {DATA_CONTENT_TYPE!r}")
        text_of = {name: _text(attributes, name) for name in _TEXT}
        service_of(text_of["type"])
        data = attributes.get("data")
        if not isinstance(data, dict):
            raise InvalidEvent("data must be a JSON object")
        return cls(
            id=text_of["id"],
            type=text_of["type"],
            source=text_of["source"],
            subject=text_of["subject"],
            time=parse_time(text_of["time"]),
            tenant_id=text_of["tenantid"],
            correlation_id=text_of["correlationid"],
            traceparent=text_of["traceparent"],
            actor=text_of["actor"],
            sequence=check_sequence(attributes.get("sequence")),
            data=data,
            tracestate=_text(attributes, "tracestate") if "tracestate" in attributes else "",
            source_sequence=_number(attributes, SOURCE_SEQUENCE),
        )


def numbered(envelope: str, source_sequence: int) -> str:
    """A structured-mode JSON text with its number among what its source has sent of its tenant; the rest as it is."""
    return f'{envelope[:-1]},"{SOURCE_SEQUENCE}":"{source_sequence}"}}'


def service_of(event_type: str) -> str:
    """The service in a type such as `compute.instance.created`. Raises InvalidEvent for another form."""
    if not _TYPE.fullmatch(event_type):
        raise InvalidEvent(f"{event_type!r} is not an event type of the form service.noun.past_tense_verb")
    return event_type.partition(".")[0]


def source_of(service: str) -> str:
    """The CloudEvents source of a service."""
    return f"omnicloud/{service}"


def schema_urn(event_type: str) -> str:
    """The identifier of a type's schema."""
    return f"urn:omnicloud:event:{event_type}"


def check_sequence(value: object) -> int:
    """A sequence as it is. Raises InvalidEvent unless it is an integer from 0 to 2^31 - 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEQUENCE:
        raise InvalidEvent(f"sequence must be an integer from 0 to {MAX_SEQUENCE}, not {value!r}")
    return value


def parse_time(text: str) -> datetime:
    """A point in time, in UTC, from an RFC 3339 §5.6 timestamp with an offset. Raises InvalidEvent."""
    try:
        if _RFC3339.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidEvent(f"{text!r} is no date of the calendar") from error
    raise InvalidEvent(f"{text!r} is no RFC 3339 timestamp with an offset")


def _parse(text: str | bytes) -> dict[str, Any]:
    try:
        attributes = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"the event isn't JSON: {error}") from error
    if not isinstance(attributes, dict):
        raise InvalidEvent("the event must be a JSON object")
    return attributes


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _number(attributes: Mapping[str, Any], name: str) -> int | None:
    """A count from 1, written as text; None where there is none."""
    value = attributes.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _COUNT.fullmatch(value):
        raise InvalidEvent(f"{name} must be a count from 1 as text, not {value!r}")
    return int(value)


def _text(attributes: Mapping[str, Any], name: str) -> str:
    value = attributes.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidEvent(f"{name} must be a non-empty string, not {value!r}")
    return value
