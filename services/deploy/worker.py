"""`celery -A services.deploy.worker worker`: takes the steps of applies, and stands for election like the controller.

Tasks are acknowledged when they are done: one whose worker dies is given to another, or to the same when it is back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from services.deploy.controller import Controller, end_idle_transactions
from services.deploy.operations import applies, steps
from services.deploy.operations.dispatching import dispatch
from services.deploy.ports import Ports
from services.deploy.ports.providers import StillUnderway, passes
from services.deploy.ports.tasks import APPLY_TASK, SERIALIZER, STEP_TASK, TaskQueue, make_celery
from services.deploy.settings import Settings
from shared.errors import OmniCloudError
from shared.events.envelope import InvalidEvent
from shared.events.schema import InvalidEventData
from shared.infra.db.sqlalchemy import make_engine, make_session_factory
from shared.infra.locks import LockHeld, LockLost
from shared.infra.periodic import Periodic
from shared.kernel.context import service_context
from shared.kernel.logs import configure_logs, logger
from shared.kernel.trace_export import SpanExport
from shared.kernel.tracing import Work
from shared.utils.clock import system_clock
from shared.web.liveness import serve_liveness

log = logger("deploy.worker")

LOCKED_RETRY_SECONDS = 1.0
"""Pause before what another worker has locked, or a resource's owner is still at, is looked at again."""
LOCKED_RETRIES = 15
"""A dead worker's lock has ended long before."""
FIRST_RETRY_SECONDS = 0.25
LAST_RETRY_SECONDS = 2.0
"""Pauses before what failed for its surroundings is tried again; shorter than the broker's patience with a task."""
LOOK_SECONDS = 5.0
"""How often to look for applies that nobody is at."""

APPLY = Work("apply", SpanKind.CONSUMER)
"""An apply is a span below the request that asked for it."""
STEP = Work("step of an apply", SpanKind.CONSUMER)
"""So is each of its steps."""

settings = Settings()
clock = system_clock(settings.clock_file)
ports = Ports.connect(settings, clock)
engine = make_engine(settings.database_url, settings.service_name, settings.database_pool_size)
end_idle_transactions(engine, settings.execution_lock_seconds)
sessions = make_session_factory(engine)
app = make_celery(settings)
app.conf.update(
    accept_content=[SERIALIZER],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
)
tasks = TaskQueue(app)
controller = Controller(settings, ports)
dispatcher = Periodic(
    "dispatch",
    LOOK_SECONDS,
    lambda: dispatch(sessions, tasks, clock, timedelta(seconds=settings.left_alone_seconds)),
    retry_seconds=settings.dispatch_interval_seconds,
)
spans = SpanExport(settings, "deploy-worker")


@app.task(name=APPLY_TASK, bind=True, max_retries=None)
def apply(task: Any, *, apply_id: str, tenant_id: str, actor: str, correlation_id: str, traceparent: str) -> None:
    """Take an apply as far as it goes, in its tenant and on account of whoever asked for it."""
    with service_context(
        "deploy",
        tenant_id,
        clock,
        actor=actor,
        correlation_id=correlation_id,
        traceparent=traceparent,
        work=APPLY,
    ):
        _attempt(task, lambda: applies.advance(sessions, ports, tasks, apply_id))


@app.task(name=STEP_TASK, bind=True, max_retries=None)
def step(task: Any, *, step_id: str, tenant_id: str, actor: str, correlation_id: str, traceparent: str) -> None:
    """Take one step of an apply, and hand over those that waited for it."""
    with service_context(
        "deploy",
        tenant_id,
        clock,
        actor=actor,
        correlation_id=correlation_id,
        traceparent=traceparent,
        work=STEP,
    ):
        _attempt(task, lambda: _take(step_id))


def _take(step_id: str) -> None:
    steps.take(sessions, ports, step_id)
    applies.go_on_after(sessions, ports, tasks, step_id)


def _attempt(task: Any, work: Callable[[], None]) -> None:
    """Do it, or have the broker give it again a little later where the reason is one that passes."""
    try:
        work()
    except LockHeld as held:
        if task.request.retries >= LOCKED_RETRIES:
            return  # Whoever holds it is alive, since it was renewed all the time.
        raise task.retry(exc=held, countdown=LOCKED_RETRY_SECONDS) from held
    except StillUnderway as underway:
        countdown = LOCKED_RETRY_SECONDS if underway.reason is None else LAST_RETRY_SECONDS
        raise task.retry(exc=underway, countdown=countdown) from underway
    except (OmniCloudError, DBAPIError) as error:
        if not _passes(error):
            raise
        log.warning("task failed; it is tried again", task=task.name, reason=str(error))
        countdown = min(FIRST_RETRY_SECONDS * 2 ** min(task.request.retries, 8), LAST_RETRY_SECONDS)
        raise task.retry(exc=error, countdown=countdown) from error


def _passes(error: OmniCloudError | DBAPIError) -> bool:
    """Whether the reason lies in the surroundings: a database or a service that is away, a lock lost in a pause."""
    if isinstance(error, InvalidEvent | InvalidEventData):
        return False  # What can't be told today can't be told tomorrow.
    if isinstance(error, OmniCloudError):
        return passes(error) or isinstance(error, LockLost)
    return isinstance(error, InterfaceError | InternalError | OperationalError)


@setup_logging.connect
def _log_as_json(**_: Any) -> None:
    configure_logs("deploy-worker", settings.log_level)


@worker_ready.connect
def _stand_for_election(**_: Any) -> None:
    """The worker takes tasks from here on, and says so."""
    spans.start()
    controller.start()
    dispatcher.start()
    serve_liveness(lambda: controller.alive, settings.listen())


@worker_shutting_down.connect
def _leave_office(**_: Any) -> None:
    dispatcher.stop()
    controller.stop()


@worker_shutdown.connect
def _send_the_last_spans(**_: Any) -> None:
    spans.stop()
