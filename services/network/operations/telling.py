"""Publishing what happened to a row."""

from __future__ import annotations

from typing import Any

from django.db import connection

from shared.events import publish


def tell(type: str, row: Any, *names: str, gone: bool = False, **more: Any) -> None:
    """Publish an event about a row, with some of its attributes. A row that is `gone` has its last event."""
    data = {"id": row.id, **{name: getattr(row, name) for name in names}, **more}
    publish(connection, type, subject=row.id, sequence=row.version + (1 if gone else 0), data=data)
