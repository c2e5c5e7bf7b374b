"""Hands queued applies to the broker. A queued row is the outbox: what the broker didn't take is tried again."""

from __future__ import annotations

from celery import Celery

from services.deploy.celery_app import APPLY_TASK
from services.deploy.repository import handed_over, undispatched
from services.deploy.tables import Apply
from shared.infra.db.sqlalchemy import SessionFactory
from shared.utils.clock import Clock

BATCH = 50


def dispatch(sessions: SessionFactory, celery: Celery, clock: Clock) -> int:
    """Send what is queued; how many tasks. A task that is sent twice is applied once."""
    with sessions() as session, session.begin():
        due = undispatched(session, BATCH)
        for apply in due:
            _send(celery, apply)
            apply.dispatched_at = clock.now()
        return len(due)


def hand_over_again(sessions: SessionFactory, celery: Celery) -> int:
    """Send what the broker had taken and no worker has ended; how many tasks.

    For a worker that starts: one that was killed left its tasks behind, and the broker keeps them from everybody else
    until their visibility times out.
    """
    with sessions() as session, session.begin():
        left = handed_over(session)
        for apply in left:
            _send(celery, apply)
        return len(left)


def _send(celery: Celery, apply: Apply) -> None:
    celery.send_task(
        APPLY_TASK,
        kwargs={
            "apply_id": apply.id,
            "tenant_id": apply.tenant_id,
            "actor": apply.actor,
            "correlation_id": apply.correlation_id,
            "traceparent": apply.traceparent,
        },
        retry=False,
    )
