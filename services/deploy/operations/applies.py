"""Applying a saved plan: accepted here, begun and ended here, its steps taken by the workers in between.

Every apply is a graph of steps, each a task of its own, so that what doesn't depend on each other goes on side by side
and on whichever worker is free. The rows are the truth and the tasks only say "look": an apply may be looked at by
anybody at any time, again, and by several at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kombu.exceptions import OperationalError
from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.applies import APPLY_LIFE_CYCLE, LONGEST_REASON, ApplyState
from services.deploy.domain.drift import after_drift
from services.deploy.domain.plans import Action, Resource
from services.deploy.domain.steps import (
    ENDED,
    PARALLELISM,
    Outcome,
    Step,
    StepState,
    next_steps,
    resources_after,
    steps_of,
)
from services.deploy.operations import documents, locking
from services.deploy.ports import Ports
from services.deploy.ports.providers import passes
from services.deploy.ports.tasks import TaskQueue
from services.deploy.repository import ApplyRepository, EnvironmentRepository, PlanRepository, StepRepository
from services.deploy.tables import Apply, ApplyStep, Environment, Plan
from shared.errors import Conflict, OmniCloudError
from shared.infra.db.hooks import after_commit
from shared.infra.db.sqlalchemy import SessionFactory, touch
from shared.infra.locks import DistributedLock, LockLost
from shared.infra.state_store import SavedPlan, StateCorrupted, StateDocument, ensure_plan_is_current
from shared.kernel.context import current, current_tenant
from shared.kernel.logs import logger
from shared.utils.ids import new_id

log = logger("deploy.applies")

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


def advance(sessions: SessionFactory, ports: Ports, tasks: TaskQueue, apply_id: str) -> None:
    """Take an apply as far as it goes: begin it, hand over the steps that can be taken, end it after the last one.

    Raises LockHeld when another worker is ending it, and what passes of the database, the state's stores and etcd.
    """
    with sessions() as session, session.begin():
        apply = ApplyRepository(session).get(apply_id)
        environment = EnvironmentRepository(session).get(apply.environment_id)
    if apply.state != ApplyState.QUEUED or _begin(sessions, ports, apply_id, environment):
        if not _hand_over(sessions, ports, tasks, apply_id):
            return
        _end(sessions, ports, apply_id, environment)
    with sessions() as session, session.begin():
        locking.free_ended(session, ports, environment.id)


def go_on_after(sessions: SessionFactory, ports: Ports, tasks: TaskQueue, step_id: str) -> None:
    """Advance the apply of a step that has ended, if anybody waited for that: most ends of a wide plan are awaited by
    nobody. Asked after the end was committed, so of two that end at once the later one sees both."""
    with sessions() as session, session.begin():
        steps = StepRepository(session)
        step = steps.get(step_id)
        if not steps.awaited(step):
            return
    advance(sessions, ports, tasks, step.apply_id)


def _begin(sessions: SessionFactory, ports: Ports, apply_id: str, environment: Environment) -> bool:
    """The plan must still fit the state; what there is then is noted for the steps' references. False if it doesn't."""
    refused, document = None, None
    try:
        document = documents.read(ports, environment.name)
    except (documents.ForeignState, StateCorrupted) as unusable:
        refused = unusable.detail
    with sessions() as session, session.begin():
        apply = ApplyRepository(session).get(apply_id, lock=True)
        if apply.state != ApplyState.QUEUED:
            return True
        plan = PlanRepository(session).get(apply.plan_id)
        if refused is None:
            refused = _stale(plan, document)
        apply.existing = {resource.address: resource.id for resource in _found(plan, document)}
        _move(session, apply, environment, ApplyState.RUNNING)
        if refused is not None:
            apply.reason = refused
            _move(session, apply, environment, ApplyState.FAILED)
    return refused is None


def _found(plan: Plan, document: StateDocument | None) -> list[Resource]:
    """The resources as the plan found them: the state's, and what had become of them by then."""
    return after_drift(documents.resources_of(document), [documents.change_from(each) for each in plan.resource_drift])


def _stale(plan: Plan, document: StateDocument | None) -> str | None:
    """Why the plan can't be applied to this state; None when it can."""
    try:
        ensure_plan_is_current(_basis(plan), document.version if document else None)
    except Conflict as stale:
        return stale.detail
    return None


def _hand_over(sessions: SessionFactory, ports: Ports, tasks: TaskQueue, apply_id: str) -> bool:
    """Give the broker the steps that can be taken now; whether there is none left."""
    with sessions() as session, session.begin():
        apply = ApplyRepository(session).get(apply_id, lock=True)
        if apply.state != ApplyState.RUNNING:
            return False
        steps = StepRepository(session)
        standing = {each.node: each for each in steps.standings(apply_id)}
        states = {node: each.state for node, each in standing.items()}
        ready, lost = next_steps({node: each.needs for node, each in standing.items()}, states)
        for step in steps.these([standing[node].id for node in lost]):
            step.state, step.reason = StepState.SKIPPED, "a step that it needs has failed"
            touch(step)
        underway = [each for each in standing.values() if each.dispatched and each.state not in ENDED]
        fresh = [standing[node] for node in ready if not standing[node].dispatched]
        fresh = fresh[: max(0, PARALLELISM - len(underway))]
        _send(ports, tasks, apply, steps.these([each.id for each in (*fresh, *underway)]))
        return all(state in ENDED or node in lost for node, state in states.items())


def _send(ports: Ports, tasks: TaskQueue, apply: Apply, steps: Sequence[ApplyStep]) -> None:
    """Send the steps that the broker doesn't have, or has had for too long. One that is sent twice has one effect."""
    now = ports.clock.now()
    apply.moved_at = now
    for step in steps:
        if step.dispatched_at is not None:
            waiting = abs(now - step.dispatched_at)  # One that was sent in the future: the clock has been set back.
            if waiting < timedelta(seconds=ports.settings.left_alone_seconds):
                continue
        try:
            tasks.send_step(apply, step)
        except OperationalError as error:
            log.warning("the broker doesn't take steps; they are handed over again", reason=str(error))
            apply.moved_at = None
            return
        step.dispatched_at = now
        step.dispatches += 1


def _end(sessions: SessionFactory, ports: Ports, apply_id: str, environment: Environment) -> None:
    """Write the state, also after a failure, since what was made must be known; tell the end.

    Nothing, if another worker has done so until the lock was ours: the state may be a later apply's by now.
    """
    lock = DistributedLock(
        ports.etcd,
        f"environments/{current_tenant()}/{environment.name}",
        owner=apply_id,
        ttl=ports.settings.execution_lock_seconds,
        wait_seconds=0.0,
    )
    with lock:
        with sessions() as session, session.begin():
            apply = ApplyRepository(session).get(apply_id)
            if APPLY_LIFE_CYCLE.is_final(ApplyState(apply.state)):
                return
            steps = StepRepository(session).of(apply_id)
            plan = PlanRepository(session).get(apply.plan_id)
        failure = next((f"{each.address}: {each.reason}" for each in steps if each.state == StepState.FAILED), None)
        try:
            serial: int | None = _write_state(ports, lock, environment.name, apply_id, plan, steps)
        except LockLost:
            raise  # Whoever has the lock by now writes the state, or this worker does when it tries again.
        except OmniCloudError as error:
            if passes(error) and not isinstance(error, StateCorrupted):
                raise
            serial, failure = None, f"the state could not be written: {error.detail}"
        _finish(sessions, apply_id, environment, serial, failure)


def _write_state(
    ports: Ports, lock: DistributedLock, workspace: str, apply_id: str, plan: Plan, steps: Sequence[ApplyStep]
) -> int:
    """Store the new version of the state, unless a worker has done so and died before it could say so. Its serial."""
    document = documents.read(ports, workspace)
    if document is not None and document.body["apply_id"] == apply_id:
        return document.version.serial
    resources = resources_after(_found(plan, document), [_outcome(step) for step in steps])
    lock.check()
    version = ports.states.write(
        current_tenant(),
        workspace,
        documents.body_of(resources, apply_id),
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
        apply.serial, apply.reason = serial, failure and failure[:LONGEST_REASON]
        _move(session, apply, environment, ApplyState.SUCCEEDED if failure is None else ApplyState.FAILED)


def _move(session: Session, apply: Apply, environment: Environment, target: ApplyState) -> None:
    apply.state = APPLY_LIFE_CYCLE.transition(ApplyState(apply.state), target)
    touch(apply)
    TOLD[target](session, apply, environment)


def _basis(plan: Plan) -> SavedPlan:
    return SavedPlan(plan.lineage, plan.serial)


def _steps(apply: Apply, plan: Plan) -> list[ApplyStep]:
    changes = [documents.change_from(change) for change in plan.changes]
    return [
        ApplyStep(
            id=new_id("step"),
            tenant_id=apply.tenant_id,
            apply_id=apply.id,
            node=step.node,
            needs=list(step.needs),
            change=documents.change_to(step.change),
            address=step.change.address,
            action=step.action,
            state=StepState.PENDING,
            position=position,
        )
        for position, step in enumerate(steps_of(changes))
    ]


def _outcome(step: ApplyStep) -> Outcome:
    taken = Step(step.node, Action(step.action), documents.change_from(step.change), tuple(step.needs))
    return Outcome(taken, StepState(step.state), step.resource_id, step.tainted)
