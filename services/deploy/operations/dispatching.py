"""Hands applies to the broker: those that were just accepted, and those that nobody is at any more.

A row that hasn't ended is the outbox: what the broker didn't take or has lost is given to it again, by whoever lives.
"""

from __future__ import annotations

from datetime import timedelta

from services.deploy.ports.tasks import TaskQueue
from services.deploy.repository import left_alone, note_sent
from shared.infra.db.sqlalchemy import SessionFactory
from shared.utils.clock import Clock

BATCH = 50


def dispatch(sessions: SessionFactory, tasks: TaskQueue, clock: Clock, after: timedelta) -> int:
    """Send what was accepted, and what nobody has moved for `after`; how many tasks. One sent twice is applied once."""
    sent = 0
    while batch := _dispatch_batch(sessions, tasks, clock, after):
        sent += batch
    return sent


def _dispatch_batch(sessions: SessionFactory, tasks: TaskQueue, clock: Clock, after: timedelta) -> int:
    with sessions() as session, session.begin():
        now = clock.now()
        due = left_alone(session, now, after, BATCH)
        for apply in due:
            tasks.send(apply)
        if due:
            note_sent(session, due, now)
        return len(due)
