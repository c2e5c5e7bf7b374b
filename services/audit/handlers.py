"""What audit hears: every event of every service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.audit.operations.records import record
from services.audit.ports import Ports
from shared.events import Event
from shared.events.envelope import ANY_TYPE
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The one handler of all event types."""
    return {ANY_TYPE: on_any_event}


def on_any_event(event: Event, _transaction: Any) -> None:
    """Every event is a link of its tenant's chain."""
    record(event)
