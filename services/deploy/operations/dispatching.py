"""Hands queued applies to the broker. A queued row is the outbox: what the broker didn't take is tried again."""

from __future__ import annotations

from services.deploy.ports.tasks import TaskQueue
from services.deploy.repository import handed_over, undispatched
from shared.infra.db.sqlalchemy import SessionFactory
from shared.utils.clock import Clock

BATCH = 50


def dispatch(sessions: SessionFactory, tasks: TaskQueue, clock: Clock) -> int:
    """Send all that is queued; how many tasks. A task that is sent twice is applied once."""
    sent = 0
    while batch := _dispatch_batch(sessions, tasks, clock):
        sent += batch
    return sent


def _dispatch_batch(sessions: SessionFactory, tasks: TaskQueue, clock: Clock) -> int:
    with sessions() as session, session.begin():
        due = undispatched(session, BATCH)
        for apply in due:
            tasks.send(apply)
            apply.dispatched_at = clock.now()
        return len(due)


def hand_over_again(sessions: SessionFactory, tasks: TaskQueue) -> int:
    """Send what the broker had taken and no worker has ended; how many tasks.

    For a worker that starts: one that was killed left its tasks behind, and the broker keeps them from everybody else
    until their visibility times out.
    """
    with sessions() as session, session.begin():
        left = handed_over(session)
        for apply in left:
            tasks.send(apply)
        return len(left)
