"""`celery -A services.deploy.worker worker`: runs applies, and stands for election beside the controller's process."""

from __future__ import annotations

from typing import Any

from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from opentelemetry.trace import SpanKind

from services.deploy.controller import Controller, serve_health
from services.deploy.operations import applies
from services.deploy.operations.dispatching import hand_over_again
from services.deploy.ports import Ports
from services.deploy.ports.tasks import APPLY_TASK, SERIALIZER, TaskQueue, make_celery
from services.deploy.settings import Settings
from shared.infra.db.sqlalchemy import make_sessions
from shared.infra.locks import LockHeld
from shared.kernel.context import service_context
from shared.kernel.logs import configure_logs
from shared.kernel.trace_export import SpanExport
from shared.kernel.tracing import Work
from shared.utils.clock import system_clock

LOCKED_RETRY_SECONDS = 1.0
"""Pause before an apply whose environment is still locked by another worker is looked at again."""

APPLY = Work("apply", SpanKind.CONSUMER)
"""An apply is a span below the request that asked for it."""

settings = Settings()
clock = system_clock(settings.clock_file)
ports = Ports.connect(settings, clock)
sessions = make_sessions(settings)
app = make_celery(settings)
app.conf.update(
    accept_content=[SERIALIZER],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
)
controller = Controller(settings, ports)
spans = SpanExport(settings, "deploy-worker")


@app.task(name=APPLY_TASK, bind=True, max_retries=None)
def apply(task: Any, *, apply_id: str, tenant_id: str, actor: str, correlation_id: str, traceparent: str) -> None:
    """Apply a plan in its tenant, on account of whoever asked for it."""
    with service_context(
        "deploy",
        tenant_id,
        clock,
        actor=actor,
        correlation_id=correlation_id,
        traceparent=traceparent,
        work=APPLY,
    ):
        try:
            applies.run(sessions, ports, apply_id)
        except LockHeld as held:
            raise task.retry(exc=held, countdown=LOCKED_RETRY_SECONDS) from held


@setup_logging.connect
def _log_as_json(**_: Any) -> None:
    configure_logs("deploy-worker", settings.log_level)


@worker_ready.connect
def _stand_for_election(**_: Any) -> None:
    """The worker takes tasks from here on, and says so."""
    spans.start()
    controller.start()
    serve_health(controller, settings.listen())


@worker_ready.connect
def _take_up_what_is_left(**_: Any) -> None:
    """An apply that a killed worker had begun, or only taken, goes on now."""
    hand_over_again(sessions, TaskQueue(app))


@worker_shutting_down.connect
def _leave_office(**_: Any) -> None:
    controller.stop()


@worker_shutdown.connect
def _send_the_last_spans(**_: Any) -> None:
    spans.stop()
