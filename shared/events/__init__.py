"""Events: CloudEvents envelopes, their schemas, the transactional outbox and the idempotent consumer."""

from shared.events.envelope import Event, InvalidEvent
from shared.events.inbox import advance, is_newer
from shared.events.outbox import publish
from shared.events.schema import InvalidEventData, UnknownEventType

__all__ = ["Event", "InvalidEvent", "InvalidEventData", "UnknownEventType", "advance", "is_newer", "publish"]
