"""The transactional outbox: an event is written in the transaction of the change it tells of.

Either both are committed or neither is. The relay (`shared.events.relay`) brings committed events to the broker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import rfc8785

from shared.events.admission import admit
from shared.events.cursor import cursor_of
from shared.events.envelope import Event, InvalidEvent, check_sequence, service_of, source_of
from shared.events.schema import validate_event
from shared.events.spans import attributes_of, created
from shared.events.topics import topic_of
from shared.kernel.context import RequestContext, current
from shared.kernel.tracing import span
from shared.utils.ids import new_id

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""NUL in a JSON text: behind an even number of backslashes, which are text themselves."""
_INSERT = (
    "WITH added AS (INSERT INTO outbox (event_id, topic, subject, body) VALUES (%s, %s, %s, %s) RETURNING position) "
    "SELECT pg_notify('outbox_' || current_schema(), '') FROM added"
)


def publish(
    connection: Any,
    type: str,
    *,
    subject: str,
    data: Mapping[str, Any],
    sequence: int,
    tenant_id: str | None = None,
    time: datetime | None = None,
) -> Event:
    """Write an event to the outbox, in the caller's open transaction, and return it.

    `connection` is a SQLAlchemy session, Django's `connection`, a psycopg2 connection or a cursor. `sequence` rises
    with each change of the subject: pass the row's version. Tenant, actor, correlation id and trace come from the
    present context; `tenant_id` only where the event belongs to another tenant than the caller (a platform operator's
    work on a tenant, for example). `time` is when it happened, by default the present time of the context's clock.

    Raises Unauthenticated outside of any context, UnknownEventType without a schema, InvalidEventData when `data`
    doesn't satisfy it, InvalidEvent when an attribute is not acceptable, and PolicyDenied or ServiceUnavailable for a
    request whose policies deny what has changed or can't be asked.
    """
    context = current()
    with span(created(type), context.traceparent, context.tracestate) as begun:
        event = validate_event(
            new_event(
                replace(context, traceparent=begun.traceparent, tracestate=begun.tracestate),
                type,
                subject=subject,
                data=data,
                sequence=sequence,
                tenant_id=tenant_id,
                time=time,
            )
        )
        admit(context, event)
        with cursor_of(connection) as cursor:
            cursor.execute(_INSERT, (event.id, topic_of(event.type), event.subject, event.to_json()))
        if begun.recorded:
            begun.set(attributes_of(event))
    return event


def new_event(
    context: RequestContext,
    type: str,
    *,
    subject: str,
    data: Mapping[str, Any],
    sequence: int,
    tenant_id: str | None = None,
    time: datetime | None = None,
) -> Event:
    """The event as it will be published, caused by what `context` describes."""
    if not subject:
        raise InvalidEvent(f"{type} needs a subject: the identifier of what has changed")
    return Event(
        id=new_id("evt"),
        type=type,
        source=source_of(service_of(type)),
        subject=subject,
        time=time or context.clock.now(),
        tenant_id=tenant_id or context.tenant_id,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        tracestate=context.tracestate,
        actor=context.caller.responsible,
        sequence=check_sequence(sequence),
        data=_as_json(type, data),
    )


def _as_json(type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the data as a consumer will read it. What has no canonical form (RFC 8785), or holds NUL, could be
    recorded by nobody, so it isn't published either, and the change that it tells of isn't made."""
    try:
        copied = json.loads(json.dumps(data, allow_nan=False))
        if _NUL.search(rfc8785.dumps(copied)):
            raise ValueError("NUL can't be stored")
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"the data of {type} can't be written as JSON: {error}") from error
    if not isinstance(copied, dict):
        raise InvalidEvent(f"the data of {type} must be a JSON object")
    return copied
