"""The consumer's side of exactly one effect: what has been handled, and what is newer than what has been applied.

The broker delivers at least once and, over a rebalance, not always in order. The identifier of an event commits
together with its effect, so a second delivery finds it and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.events.cursor import cursor_of
from shared.events.envelope import Event

Handler = Callable[[Event, Any], None]
"""Applies one event. Gets the transaction: a SQLAlchemy session, or Django's connection with an atomic block open."""


def apply_once(transaction: Any, event: Event, handler: Handler) -> bool:
    """Record the event and apply it, both in the caller's transaction. False when it has been applied before.

    Two deliveries at once: the second insert waits for the first transaction and sees what became of it.
    """
    if not record(transaction, event.id):
        return False
    handler(event, transaction)
    return True


def record(transaction: Any, event_id: str) -> bool:
    """Note an event as handled. False when it is noted already."""
    with cursor_of(transaction) as cursor:
        cursor.execute("INSERT INTO inbox (event_id) VALUES (%s) ON CONFLICT (event_id) DO NOTHING", (event_id,))
        return bool(cursor.rowcount == 1)


def is_newer(current_sequence: int | None, event: Event) -> bool:
    """Whether the event is newer than the state one has, whose sequence is `current_sequence` (None: no state yet).

    State of another service's resource is only overwritten by what is newer; an older event that comes late must not
    undo it.
    """
    return current_sequence is None or event.sequence > current_sequence


def advance(transaction: Any, event: Event) -> bool:
    """Make the event the newest one applied of its subject. False when a newer one (or itself) was applied before.

    For handlers whose own tables don't keep the sequence; in the transaction of the effect.
    """
    with cursor_of(transaction) as cursor:
        cursor.execute(
            "INSERT INTO applied_sequences AS applied (stream, subject, sequence) VALUES (%s, %s, %s) "
            "ON CONFLICT (stream, subject) DO UPDATE SET sequence = EXCLUDED.sequence "
            "WHERE applied.sequence < EXCLUDED.sequence",
            (event.stream, event.subject, event.sequence),
        )
        return bool(cursor.rowcount == 1)


def forget_older_than(transaction: Any, days: int) -> bool:
    """Forget events handled more than `days` ago, at most a thousand at once; whether there may be more.

    Only once the broker can't deliver them any more (its retention): a forgotten event would be applied again.
    """
    most = 1000
    with cursor_of(transaction) as cursor:
        cursor.execute(
            "DELETE FROM inbox WHERE event_id IN (SELECT event_id FROM inbox "
            "WHERE handled_at < now() - make_interval(days => %s) ORDER BY handled_at LIMIT %s)",
            (days, most),
        )
        return bool(cursor.rowcount == most)
