"""The task queue between the API and the workers, configured in one place for both ends."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu import pools

from services.deploy.settings import Settings
from services.deploy.tables import Apply, ApplyStep

QUEUE = "deploy"
APPLY_TASK = "deploy.apply"
STEP_TASK = "deploy.step"
BLOCKING_POP_SECONDS = 4
"""How long the broker keeps a worker's request for a task before it answers that there is none. A task ends the wait;
one that is given to a worker that hangs meanwhile waits with it, so this is no longer than the lock of a dead one."""
BROKER_SECONDS = 10.0
"""How long the broker may take for an answer; longer than it keeps a worker's request for a task."""
SENDING = {"socket_connect_timeout": 1.0, "socket_timeout": 2.0, "max_retries": 0}
"""How long the broker may take for an answer to what is handed over: whoever hands over holds the rows of it, and the
database ends a worker's transaction that says nothing for as long as a dead one's lock lasts."""
RESTORE_SECONDS = 1
"""How often the workers look for tasks that were given out and not acknowledged in time, to give them out again."""
TRANSPORT = "services.deploy.ports.broker:Transport"
SERIALIZER = "json"
"""Tasks are plain data: a serializer that can carry code would let whoever reaches the broker run it."""


def make_celery(settings: Settings) -> Celery:
    """The Celery application; it connects when it is first used."""
    app = Celery("deploy", broker=settings.celery_broker_url, set_as_current=False)
    app.conf.update(
        task_serializer=SERIALIZER,
        task_default_queue=QUEUE,
        task_ignore_result=True,
        broker_connection_retry_on_startup=True,
        broker_transport=TRANSPORT,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": settings.task_visibility_timeout_seconds,
            "unacked_restore_interval": RESTORE_SECONDS,
            "unacked_restore_throttle": 1,
            "unacked_mutex_expire": settings.task_visibility_timeout_seconds,
            "socket_connect_timeout": 2.0,
            "socket_timeout": BROKER_SECONDS,
            "polling_interval": BLOCKING_POP_SECONDS,
        },
    )
    return app


class TaskQueue:
    """Hands applies and their steps to the workers by way of the broker."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._producers = pools.producers[celery.connection_for_write(transport_options=SENDING)]

    def send(self, apply: Apply) -> None:
        """Give the broker the task of an apply. Raises kombu's OperationalError when it hasn't taken it in seconds."""
        self._send(APPLY_TASK, apply, apply_id=apply.id)

    def send_step(self, apply: Apply, step: ApplyStep) -> None:
        """Give the broker the task of one step. Raises kombu's OperationalError when it hasn't taken it in seconds."""
        self._send(STEP_TASK, apply, step_id=step.id)

    def _send(self, task: str, apply: Apply, **subject: str) -> None:
        with self._producers.acquire(block=True) as producer:
            self._publish(producer, task, apply, **subject)

    def _publish(self, producer: Any, task: str, apply: Apply, **subject: str) -> None:
        self._celery.send_task(
            task,
            producer=producer,
            kwargs={
                **subject,
                "tenant_id": apply.tenant_id,
                "actor": apply.actor,
                "correlation_id": apply.correlation_id,
                "traceparent": apply.traceparent,
            },
            retry=False,
        )
