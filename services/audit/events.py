"""The audit service follows every event of every service. It publishes none: it is the end of the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.audit import operations
from shared.events import Event


def on_any_event(event: Event, _transaction: Any) -> None:
    """Every event is a link of its tenant's chain."""
    operations.record(event)


HANDLERS: dict[str, Callable[[Event, Any], None]] = {"*": on_any_event}
