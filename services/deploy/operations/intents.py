"""What requests do in etcd belongs to their database transaction; whoever is alive finishes what a death cut off.

A transaction first records an intent's id, then does the work in etcd with the intent noted beside it, and then tells
of it. Whether it was committed decides, and is asked by recording the id once more: that waits for a transaction that
is still under way, fails for one that was committed, and succeeds for one that was rolled back or died.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from psycopg2.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.ports import Ports
from shared.events.inbox import record
from shared.infra.db.hooks import after_commit
from shared.infra.db.sqlalchemy import SessionFactory
from shared.infra.intents import Intent
from shared.infra.state_lock import LockInfo, StateLocked
from shared.infra.state_store import StateVersion
from shared.kernel.context import current, current_tenant, service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work
from shared.utils.ids import new_id

log = logger("deploy.intents")

HOLD = "hold"
"""A lock for as long as the transaction lasts: freed when it has ended, however it did."""
LOCK = "lock"
"""A lock that stays when the transaction is committed, and is freed when it isn't."""
WRITTEN, DELETED, UNLOCKED = "written", "deleted", "unlocked"
"""What is done already and told of in the transaction: told later when it wasn't committed."""
FINISH = Work("finish what a request has begun")


def begin(session: Session, kind: str, workspace: str, data: dict[str, Any] | None = None) -> Intent:
    """Record that this transaction is about to do something in etcd for the present tenant's workspace.

    `data` is what finishing it needs: the lock's id, or what is told of.
    """
    context = current()
    intent = Intent(
        id=new_id("intent"),
        kind=kind,
        tenant_id=current_tenant(),
        workspace=workspace,
        actor=context.caller.responsible,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        data=data or {},
    )
    record(session, intent.id)
    return intent


def forget_when_told(session: Session, ports: Ports, intent: Intent) -> None:
    """Nothing is left of the intent once the transaction is committed."""
    after_commit(session, lambda: ports.intents.forget(intent))


def came_to_nothing(session: Session, ports: Ports, workspace: str, revision: int) -> bool:
    """Whether what was done to the tenant's workspace in the commit of this revision in etcd has to be undone.

    It waits for a transaction that is still under way. False when the transaction was committed, and when somebody has
    finished what it left, which undid it: then the revision is another one.
    """
    intent = ports.intents.at(current_tenant(), workspace, revision)
    return intent is not None and record(session, intent.id)


def tell_what_is_pending(session: Session, ports: Ports, workspace: str) -> None:
    """Tell of changes to the tenant's workspace whose own transactions weren't committed, in this one.

    It waits for those that are still under way.
    """
    for intent in ports.intents.pending(current_tenant(), workspace):
        if intent.kind in (WRITTEN, DELETED, UNLOCKED):
            _finish(session, ports, intent)
            forget_when_told(session, ports, intent)


def finish_all(sessions: SessionFactory, ports: Ports) -> int:
    """Finish every intent whose transaction has ended; how many. Any process may do so, at any time."""
    finished = 0
    for intent in ports.intents.pending():
        if _finished(sessions, ports, intent):
            ports.intents.forget(intent)
            finished += 1
    return finished


def _finished(sessions: SessionFactory, ports: Ports, intent: Intent) -> bool:
    """Finish one intent in a transaction of its own; False when the transaction it belongs to is still under way."""
    try:
        with sessions() as session, session.begin():
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            _finish(session, ports, intent)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return False
        raise
    log.info("finished", intent=intent.id, kind=intent.kind, workspace=intent.workspace)
    return True


def _finish(session: Session, ports: Ports, intent: Intent) -> None:
    was_undone = record(session, intent.id)
    if intent.kind == HOLD or (intent.kind == LOCK and was_undone):
        free(ports, intent)
    elif was_undone and intent.kind != LOCK:
        with service_context(
            "deploy",
            intent.tenant_id,
            ports.clock,
            actor=intent.actor,
            correlation_id=intent.correlation_id,
            traceparent=intent.traceparent,
            work=FINISH,
        ):
            _tell(session, intent)


def lock_of(id: str) -> dict[str, Any]:
    """What an intent keeps of a lock, so that it can be freed later."""
    return {"lock_id": id}


def free(ports: Ports, intent: Intent) -> None:
    """Free the lock that was taken when the intent was noted, and forget the intent with it.

    A lock that was taken again since, be it under the same id, is its next owner's.
    """
    revision = ports.intents.revision(intent)
    if revision is None:
        return
    lock_id, done = intent.data["lock_id"], ports.intents.done(intent)
    try:
        ports.locks.release(intent.tenant_id, intent.workspace, lock_id, done, revision=revision)
    except StateLocked as locked:
        log.info("the lock has another owner by now", workspace=intent.workspace, owner=locked.holder.id)


def _tell(session: Session, intent: Intent) -> None:
    if intent.kind == WRITTEN:
        published.state_written(session, StateVersion(**intent.data))
    elif intent.kind == DELETED:
        published.state_deleted(session, StateVersion(**intent.data))
    else:
        published.environment_unlocked(session, LockInfo(**intent.data), intent.workspace)


def data_of(told: StateVersion | LockInfo) -> dict[str, Any]:
    """What an intent keeps of a version or a lock, so that it can be told of later."""
    return asdict(told)
