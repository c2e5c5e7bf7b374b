"""Applying a saved plan: accepted here, run by a worker, each step exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.addresses import kind_of
from services.deploy.domain.applies import APPLY_LIFE_CYCLE, ApplyState
from services.deploy.domain.plans import Action, Change, Resource, step_graph
from services.deploy.domain.references import resolve
from services.deploy.operations import documents, locking
from services.deploy.ports import Ports
from services.deploy.repository import ApplyRepository, EnvironmentRepository, PlanRepository
from services.deploy.tables import Apply, ApplyStep, Environment, Plan
from shared.errors import Conflict, OmniCloudError
from shared.infra.db.hooks import after_commit
from shared.infra.db.sqlalchemy import SessionFactory, touch
from shared.infra.locks import DistributedLock
from shared.infra.state_store import SavedPlan, StateDocument, ensure_plan_is_current
from shared.kernel.context import current, current_tenant
from shared.utils.ids import new_id

TOLD = {
    ApplyState.RUNNING: published.apply_started,
    ApplyState.SUCCEEDED: published.apply_succeeded,
    ApplyState.FAILED: published.apply_failed,
}
"""What is told of an apply that comes into a state."""


class PlanOfAnotherEnvironment(Conflict):
    """The plan was made for another environment."""

    code = "plan_of_another_environment"


def accept(session: Session, ports: Ports, environment_name: str, plan_id: str) -> Apply:
    """Lock the environment and queue the application of a saved plan for a worker.

    Raises LockHeld when the environment is locked, StalePlan when its state isn't the one the plan was made from.
    """
    environment = EnvironmentRepository(session).named(environment_name)
    plan = PlanRepository(session).get(plan_id)
    if plan.environment_id != environment.id:
        raise PlanOfAnotherEnvironment(f"plan {plan_id} was not made for {environment_name}")
    context = current()
    apply = Apply(
        id=new_id("apply"),
        tenant_id=current_tenant(),
        environment_id=environment.id,
        plan_id=plan.id,
        state=ApplyState.QUEUED,
        lock_held=True,
        actor=context.caller.responsible,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
    )
    locking.take(session, ports, environment, apply.id, "apply")
    ensure_plan_is_current(_basis(plan), ports.states.head(current_tenant(), environment_name))
    ApplyRepository(session).add(apply)
    session.add_all(_steps(apply, plan))
    session.flush()
    published.apply_queued(session, apply, environment)
    after_commit(session, ports.hand_over)
    return apply


def run(sessions: SessionFactory, ports: Ports, apply_id: str) -> None:
    """Do what an accepted apply says. Safe to be called again after a crash at any point, and by two workers at once.

    Raises LockHeld when another worker is at it, LockLost when this one was too slow to be sure of its lock.
    """
    with sessions() as session, session.begin():
        apply = ApplyRepository(session).get(apply_id, lock=True)
        if APPLY_LIFE_CYCLE.is_final(ApplyState(apply.state)):
            return
        environment = EnvironmentRepository(session).get(apply.environment_id)
        plan = PlanRepository(session).get(apply.plan_id)
        if apply.state == ApplyState.QUEUED:
            _move(session, apply, environment, ApplyState.RUNNING)
    lock = DistributedLock(
        ports.etcd,
        f"environments/{current_tenant()}/{environment.name}",
        owner=apply_id,
        ttl=ports.settings.execution_lock_seconds,
        wait_seconds=0.0,
    )
    with lock:
        _execute(sessions, ports, lock, apply_id, environment, plan)
    with sessions() as session, session.begin():
        locking.free_ended(session, ports, environment.id)


def _execute(
    sessions: SessionFactory, ports: Ports, lock: DistributedLock, apply_id: str, environment: Environment, plan: Plan
) -> None:
    """Check the plan, take the steps, write the state, tell the end."""
    document = documents.read(ports, environment.name)
    if document is not None and document.body["apply_id"] == apply_id:
        # A worker wrote the state and died before it could say so.
        _finish(sessions, apply_id, environment, document.version.serial)
        return
    try:
        ensure_plan_is_current(_basis(plan), document.version if document else None)
    except Conflict as stale:
        _finish(sessions, apply_id, environment, None, stale.detail)
        return
    changes = [documents.change_from(change) for change in plan.changes]
    present = {resource.address: resource for resource in documents.resources_of(document)}
    resources, failure = _take_steps(sessions, ports, lock, apply_id, changes, present)
    serial = _write_state(ports, lock, environment.name, document, resources, apply_id)
    _finish(sessions, apply_id, environment, serial, failure)


def _take_steps(
    sessions: SessionFactory,
    ports: Ports,
    lock: DistributedLock,
    apply_id: str,
    changes: Sequence[Change],
    present: Mapping[str, Resource],
) -> tuple[dict[str, Resource], str | None]:
    """Take every step once all it depends on is done; the resources there are then, and why it stopped if it did."""
    graph = step_graph(changes)
    by_address = {change.address: change for change in changes}
    resources = dict(present)
    done: set[str] = set()
    while ready := graph.ready(done):
        for address in ready:
            lock.check()
            failure = _take_step(sessions, ports, apply_id, by_address[address], resources)
            if failure is not None:
                return resources, f"{address}: {failure}"
            done.add(address)
    return resources, None


def _take_step(
    sessions: SessionFactory, ports: Ports, apply_id: str, change: Change, resources: dict[str, Resource]
) -> str | None:
    """One step in one transaction, unless it was done before; why it failed if it did."""
    with sessions() as session, session.begin():
        step = ApplyRepository(session).step(apply_id, change.address)
        if step.state != "done":
            try:
                step.resource_id = _make(ports, change, resources, f"{apply_id}:{change.address}")
            except OmniCloudError as error:
                step.state, step.reason = "failed", error.detail
                return error.detail
            step.state, step.reason = "done", None
            touch(step)
            published.step_completed(session, step)
        if change.after is None:
            resources.pop(change.address, None)
        else:
            resources[change.address] = replace(change.after, id=step.resource_id or "")
        return None


def _make(ports: Ports, change: Change, resources: Mapping[str, Resource], key: str) -> str | None:
    """Bring the change about at the resource's owner; the resource's id, None when it is gone.

    `key` makes a repeated call have one effect.
    """
    provider = ports.providers[kind_of(change.address)]
    ids = {resource.address: resource.id for resource in resources.values()}
    if change.before is not None and change.action in (Action.DELETE, Action.REPLACE):
        provider.delete(change.before.id, f"{key}:delete")
    if change.after is None:
        return None
    attributes = resolve(change.after.attributes, ids)
    if change.action is Action.UPDATE and change.before is not None:
        provider.update(change.before.id, attributes, key)
        return change.before.id
    return provider.create(change.address, attributes, key)


def _write_state(
    ports: Ports,
    lock: DistributedLock,
    workspace: str,
    document: StateDocument | None,
    resources: Mapping[str, Resource],
    apply_id: str,
) -> int:
    """Store the new version of the state, also after a failure: what was made must be known. Its serial."""
    lock.check()
    version = ports.states.write(
        current_tenant(),
        workspace,
        documents.body_of(resources.values(), apply_id),
        expected_serial=document.version.serial if document else 0,
        lineage=document.version.lineage if document else new_id("lineage"),
    )
    return version.serial


def _finish(
    sessions: SessionFactory, apply_id: str, environment: Environment, serial: int | None, failure: str | None = None
) -> None:
    with sessions() as session, session.begin():
        apply = ApplyRepository(session).get(apply_id, lock=True)
        if APPLY_LIFE_CYCLE.is_final(ApplyState(apply.state)):
            return
        apply.serial, apply.reason = serial, failure
        _move(session, apply, environment, ApplyState.SUCCEEDED if failure is None else ApplyState.FAILED)


def _move(session: Session, apply: Apply, environment: Environment, target: ApplyState) -> None:
    apply.state = APPLY_LIFE_CYCLE.transition(ApplyState(apply.state), target)
    touch(apply)
    TOLD[target](session, apply, environment)


def _basis(plan: Plan) -> SavedPlan:
    return SavedPlan(plan.lineage, plan.serial)


def _steps(apply: Apply, plan: Plan) -> list[ApplyStep]:
    return [
        ApplyStep(
            id=new_id("step"),
            tenant_id=apply.tenant_id,
            apply_id=apply.id,
            address=change["address"],
            action=change["action"],
            state="pending",
            position=position,
        )
        for position, change in enumerate(plan.changes)
    ]
