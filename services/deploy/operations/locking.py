"""An environment's lock: held by whatever changes the environment, from the request until the change has ended.

It is the lock that Terraform's LOCK and UNLOCK work on, too, so a person at a terminal and a deployment keep each other
out. Nobody takes it over: it is freed by its owner, or when its owner has ended. A lock whose request died before it
was committed has an intent that says so, and is freed by whoever is alive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.operations import intents
from services.deploy.ports import Ports
from services.deploy.repository import ended_with_lock
from services.deploy.tables import Environment
from shared.infra.db.hooks import after_rollback
from shared.infra.locks import LockHeld
from shared.infra.state_lock import LockInfo, StateLocked
from shared.kernel.context import current, current_tenant
from shared.kernel.logs import logger

log = logger("deploy.locking")


def take(session: Session, ports: Ports, environment: Environment, owner: str, operation: str) -> None:
    """Lock the environment for `owner`; it is freed again when the transaction fails. Raises LockHeld (409)."""
    free_ended(session, ports, environment.id)
    lock = _info(ports, owner, operation)
    intent = intents.begin(session, intents.LOCK, environment.name, intents.lock_of(owner))
    try:
        ports.locks.acquire(current_tenant(), environment.name, lock, ports.intents.noted(intent))
    except StateLocked as locked:
        raise _held_by(environment.name, locked.holder) from locked
    after_rollback(session, lambda: intents.free(ports, intent))
    intents.forget_when_told(session, ports, intent)
    published.environment_locked(session, lock, environment.name, environment)


@contextmanager
def held(session: Session, ports: Ports, environment: Environment, owner: str, operation: str) -> Iterator[None]:
    """Hold the lock around a block; it is freed however the block ends, or soon after its process has. Raises LockHeld.

    The block is part of the session's transaction.
    """
    free_ended(session, ports, environment.id)
    lock = _info(ports, owner, operation)
    intent = intents.begin(session, intents.HOLD, environment.name, intents.lock_of(owner))
    try:
        with ports.locks.held(
            current_tenant(), environment.name, lock, ports.intents.noted(intent), ports.intents.done(intent)
        ):
            yield
    except StateLocked as locked:
        raise _held_by(environment.name, locked.holder) from locked


def free_ended(session: Session, ports: Ports, environment_id: str | None = None) -> None:
    """Free the locks of applies and deployments that have ended; of one environment, or of all of them."""
    for row, name in ended_with_lock(session, environment_id):
        try:
            ports.locks.release(row.tenant_id, name, row.id)
        except StateLocked as locked:
            log.warning("lock has another owner", environment=name, owner=locked.holder.id, ended=row.id)
        row.lock_held = False


def _held_by(environment: str, holder: LockInfo) -> LockHeld:
    return LockHeld(
        f"environment {environment} is locked by {holder.who} for {holder.operation}; wait for it or unlock it",
        name=environment,
        owner=holder.id,
        who=holder.who,
    )


def _info(ports: Ports, owner: str, operation: str) -> LockInfo:
    created = ports.clock.now().isoformat()
    return LockInfo(id=owner, who=current().caller.responsible, operation=operation, created=created, managed=True)
