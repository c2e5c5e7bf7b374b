"""One step of an apply, as a worker takes it: carried out by the resource's owner, its effect one however often it is.

A delivered step is claimed by a lock that its worker keeps alive and that ends with it. Its owner is asked with the
step's id as the idempotency key, so whoever takes it up after a crash, or at the same time, gets the same resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.addresses import kind_of
from services.deploy.domain.applies import LONGEST_REASON
from services.deploy.domain.plans import Action, Change
from services.deploy.domain.references import references, resolve
from services.deploy.domain.steps import ENDED, StepState
from services.deploy.operations import documents
from services.deploy.ports import Ports
from services.deploy.ports.providers import Provider, ResourceBroken, StillUnderway, passes
from services.deploy.repository import ApplyRepository, StepRepository
from services.deploy.tables import ApplyStep
from shared.errors import OmniCloudError
from shared.infra.db.sqlalchemy import SessionFactory, touch
from shared.infra.locks import DistributedLock

MAX_ATTEMPTS = 200
"""After so many a step is given up: some ten minutes in which what it needs was away."""


@dataclass(frozen=True)
class Result:
    """What became of a step. A failed one may have left a resource that isn't what it should be."""

    state: StepState
    resource_id: str | None = None
    reason: str | None = None
    tainted: bool = False


def take(sessions: SessionFactory, ports: Ports, step_id: str) -> None:
    """Take a step, unless it has ended. Safe to be called again after a crash at any point, and by two at once.

    Raises LockHeld while another worker is at it, LockLost when this one was too slow to be sure of its lock,
    StillUnderway while the resource's owner is at it, and what passes of the surroundings.
    """
    lock = DistributedLock(
        ports.etcd, f"steps/{step_id}", owner=step_id, ttl=ports.settings.execution_lock_seconds, wait_seconds=0.0
    )
    with lock:
        with sessions() as session, session.begin():
            step = StepRepository(session).get(step_id, lock=True)
            if step.state in ENDED:
                return
            step.state = StepState.RUNNING
            step.attempts += 1
            known = _known_ids(session, step)
        lock.check()
        result = _result(sessions, ports, step, known)
        lock.check()
        with sessions() as session, session.begin():
            _note(session, step_id, result)


def _known_ids(session: Session, step: ApplyStep) -> dict[str, str]:
    """The ids of what the step's resource refers to: made before the apply, or by it."""
    after = documents.change_from(step.change).after
    needed = references(after.attributes) if after is not None else frozenset()
    existing = ApplyRepository(session).get(step.apply_id).existing
    made = StepRepository(session).made(step.apply_id, needed)
    return {address: existing[address] for address in needed if address in existing} | made


def _result(sessions: SessionFactory, ports: Ports, step: ApplyStep, known: Mapping[str, str]) -> Result:
    """Carry the step out. What passes is raised, to be tried again, as long as there is patience left."""
    change = documents.change_from(step.change)
    provider = ports.providers[kind_of(change.address)]
    try:
        return Result(StepState.DONE, _carry_out(provider, Action(step.action), change, known, step.id))
    except ResourceBroken as broken:
        return Result(StepState.FAILED, broken.resource_id, str(broken), tainted=True)
    except StillUnderway as underway:
        if step.attempts < MAX_ATTEMPTS:
            _learn(sessions, step, underway.resource_id, underway.reason)
            raise
        reason = underway.reason or "its owner didn't end it in time"
        return Result(StepState.FAILED, underway.resource_id, reason[:LONGEST_REASON], tainted=True)
    except OmniCloudError as error:
        if not passes(error) or step.attempts >= MAX_ATTEMPTS:
            # An earlier attempt may have made it: the state has to know what is there, and that it isn't whole.
            made = step.resource_id if step.action == Action.CREATE else None
            return Result(StepState.FAILED, made, error.detail[:LONGEST_REASON], tainted=made is not None)
        _learn(sessions, step, None, error.detail)
        raise


def _learn(sessions: SessionFactory, step: ApplyStep, resource_id: str | None, reason: str | None) -> None:
    """Keep what an attempt has brought to light, for whoever makes the next one or gives the step up."""
    if reason is None and resource_id in (None, step.resource_id):
        return  # Nothing new, as at every look but the first.
    with sessions() as session, session.begin():
        known = StepRepository(session).get(step.id, lock=True)
        known.resource_id = resource_id or known.resource_id
        known.reason = reason[:LONGEST_REASON] if reason else known.reason


def _carry_out(provider: Provider, action: Action, change: Change, known: Mapping[str, str], key: str) -> str | None:
    """Bring the step about at the resource's owner; the resource's id, None when it is gone.

    `key` makes a repeated call have one effect.
    """
    if action is Action.DELETE or change.after is None:
        if change.before is not None:
            provider.delete(change.before.id, key)
        return None
    attributes = resolve(change.after.attributes, known)
    if action is Action.UPDATE and change.before is not None:
        if change.after.attributes != change.before.attributes or references(change.after.attributes):
            # What isn't in the configuration any more is told, too: else it would stay as it is.
            taken_out = change.before.attributes.keys() - attributes.keys()
            provider.update(change.before.id, change.address, {**dict.fromkeys(taken_out), **attributes}, key)
        return change.before.id
    return provider.create(change.address, attributes, key)


def _note(session: Session, step_id: str, result: Result) -> None:
    """Note a step's end once; whoever comes second finds it noted."""
    step = StepRepository(session).get(step_id, lock=True)
    if step.state in ENDED:
        return
    step.state, step.reason = result.state, result.reason
    step.resource_id, step.tainted = result.resource_id, result.tainted
    touch(step)
    if result.state is StepState.DONE:
        published.step_completed(session, step)
