"""Deployments as their tenant sees them: start, pause, resume, cancel, roll back, report samples."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.canary import CanarySamples
from services.deploy.domain.deployments import DEPLOYMENT_LIFE_CYCLE, DeploymentState
from services.deploy.domain.quotas import deployment_claim
from services.deploy.domain.revisions import NothingToRollBackTo, Outcome, Revision, next_number, rollback_target
from services.deploy.domain.strategies import first_stage
from services.deploy.operations import admissions, locking
from services.deploy.operations.counting import CountingPorts
from services.deploy.operations.specs import check_strategy
from services.deploy.ports import Ports
from services.deploy.repository import DeploymentRepository, EnvironmentRepository
from services.deploy.tables import Deployment, Json
from shared.errors import Conflict
from shared.infra.db.hooks import after_commit
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id

OUTCOMES = {
    DeploymentState.SUCCEEDED: Outcome.SUCCEEDED,
    DeploymentState.FAILED: Outcome.FAILED,
    DeploymentState.CANCELLED: Outcome.CANCELLED,
    DeploymentState.ROLLING_BACK: Outcome.ROLLED_BACK,
    DeploymentState.ROLLED_BACK: Outcome.ROLLED_BACK,
}

SUSPENDED, CLOSED = "tenant_suspended", "tenant_closed"
"""Why a deployment was paused or cancelled with its tenant."""


ROLLED_OUT = frozenset({DeploymentState.IN_PROGRESS, DeploymentState.PAUSED})
"""States in which the new revision is on its way, and may have answered something."""


class NotInProgress(Conflict):
    """The deployment isn't being rolled out."""

    code = "not_in_progress"


class NotLatestRevision(Conflict):
    """Only the latest revision can be rolled back: a later one is built on it."""

    code = "not_latest_revision"


def start(
    session: Session,
    ports: CountingPorts,
    environment_name: str,
    *,
    release: Json,
    strategy: Json,
    replicas: int,
    progress_deadline_seconds: int,
) -> Deployment:
    """Lock the environment and begin the rollout of a new revision.

    Raises LockHeld, QuotaExceeded, TenantNotActive, ServiceUnavailable, or the strategy's own errors.
    """
    check_strategy(strategy, replicas)
    environment = EnvironmentRepository(session).named(environment_name)
    id = new_id("dep")
    locking.take(session, ports, environment, id, "deployment")
    deployments = DeploymentRepository(session)
    history = deployments.history(environment.id)
    stable = last_successful(history)
    now = ports.clock.now()
    old = stable.replicas if stable else 0
    stage = first_stage(old, now)
    with ports.quotas.reserved(deployment_claim(id)):
        deployment = deployments.add(
            Deployment(
                id=id,
                tenant_id=current_tenant(),
                environment_id=environment.id,
                revision=next_number(revisions(history)),
                state=DeploymentState.PENDING,
                lock_held=True,
                release=release,
                strategy=strategy,
                replicas=replicas,
                stable_revision=stable.revision if stable else None,
                stable_replicas=old,
                progress_deadline_seconds=progress_deadline_seconds,
                last_progress_at=now,
                fencing_token=0,
                old=old,
                old_ready=old,
                new=0,
                new_ready=0,
                target_old=stage.targets.old,
                target_new=stage.targets.new,
                targets_changed_at=now,
                traffic=stage.traffic,
                step=stage.step,
                step_ready=stage.step_ready,
                step_started_at=stage.step_started_at,
                sample_requests=0,
                sample_errors=0,
            )
        )
        published.deployment_created(session, deployment, environment)
    return deployment


def pause(session: Session, id: str, expected: EntityTags | None, reason: str | None = None) -> Deployment:
    """Stop the rollout where it is. Raises IllegalTransition unless it is in progress."""
    deployment = _get(session, id, expected)
    return move(session, deployment, DeploymentState.PAUSED, reason)


def resume(session: Session, ports: Ports, id: str, expected: EntityTags | None) -> Deployment:
    """Go on with a paused rollout; the progress deadline starts anew. Raises IllegalTransition for any other."""
    deployment = _get(session, id, expected)
    deployment.last_progress_at = ports.clock.now()
    return move(session, deployment, DeploymentState.IN_PROGRESS)


def cancel(
    session: Session, ports: Ports, id: str, expected: EntityTags | None, reason: str = "cancelled"
) -> Deployment:
    """Give the rollout up and return to the stable revision. Raises IllegalTransition for one that has ended.

    The members aren't asked any more about one that was waiting to be let in.
    """
    deployment = _get(session, id, expected)
    if deployment.state == DeploymentState.PENDING:
        after_commit(session, lambda: admissions.closed(ports, id))
    move(session, deployment, DeploymentState.CANCELLED, reason)
    begin_rollback(session, ports, deployment)
    return deployment


def roll_back(session: Session, ports: Ports, id: str, expected: EntityTags | None) -> Deployment:
    """Return from the latest revision to the last successful one before it.

    Raises NotLatestRevision, NothingToRollBackTo, IllegalTransition, or LockHeld.
    """
    deployment = _get(session, id, expected)
    DEPLOYMENT_LIFE_CYCLE.transition(DeploymentState(deployment.state), DeploymentState.ROLLING_BACK)
    history = DeploymentRepository(session).history(deployment.environment_id)
    if history[-1].id != deployment.id:
        raise NotLatestRevision(f"revision {history[-1].revision} came after revision {deployment.revision}")
    rollback_target(revisions(history), deployment.revision)
    environment = EnvironmentRepository(session).get(deployment.environment_id)
    locking.take(session, ports, environment, deployment.id, "rollback")
    deployment.lock_held = True
    begin_rollback(session, ports, deployment)
    return deployment


def report_samples(session: Session, id: str, expected: EntityTags | None, requests: int, errors: int) -> Deployment:
    """Count requests that the new revision has answered, and how many failed, towards its present step.

    Raises InvalidSamples, or NotInProgress for a rollout that hasn't begun or has ended.
    """
    samples = CanarySamples(requests, errors)
    deployment = _get(session, id, expected)
    if deployment.state not in ROLLED_OUT:
        raise NotInProgress(f"deployment {id} is {deployment.state}")
    environment = EnvironmentRepository(session).get(deployment.environment_id)
    deployment.sample_requests += samples.requests
    deployment.sample_errors += samples.errors
    touch(deployment)
    published.deployment_sampled(session, deployment, environment, samples.requests, samples.errors)
    return deployment


def suspend_all(session: Session, ports: Ports) -> None:
    """The tenant is suspended: what has begun stands still, what hasn't is given up."""
    for deployment in DeploymentRepository(session).unfinished():
        if deployment.state == DeploymentState.PENDING:
            cancel(session, ports, deployment.id, None, SUSPENDED)
        elif deployment.state == DeploymentState.IN_PROGRESS:
            pause(session, deployment.id, None, SUSPENDED)


def resume_all(session: Session, ports: Ports) -> None:
    """The tenant may go on: so does what stood still for it, and nothing that somebody else has paused."""
    for deployment in DeploymentRepository(session).paused_for(SUSPENDED):
        resume(session, ports, deployment.id, None)


def give_up_all(session: Session, ports: Ports) -> None:
    """The tenant is closed: whatever hasn't ended is cancelled."""
    for deployment in DeploymentRepository(session).unfinished():
        cancel(session, ports, deployment.id, None, CLOSED)


def begin_rollback(session: Session, ports: Ports, deployment: Deployment) -> None:
    """Start the way back to the last successful revision, if there is one; the controller takes it."""
    history = DeploymentRepository(session).history(deployment.environment_id)
    try:
        target = rollback_target(revisions(history), deployment.revision)
    except NothingToRollBackTo:
        return
    restored = next(each for each in history if each.revision == target.number)
    move(session, deployment, DeploymentState.ROLLING_BACK, deployment.reason)
    deployment.stable_revision, deployment.stable_replicas = restored.revision, restored.replicas
    deployment.target_old, deployment.target_new, deployment.traffic = restored.replicas, 0, 0
    deployment.targets_changed_at = ports.clock.now()


def move(session: Session, deployment: Deployment, target: DeploymentState, reason: str | None = None) -> Deployment:
    """One transition by the table, with its event."""
    before = DeploymentState(deployment.state)
    deployment.state = DEPLOYMENT_LIFE_CYCLE.transition(before, target)
    deployment.reason = reason
    touch(deployment)
    environment = EnvironmentRepository(session).get(deployment.environment_id)
    published.deployment_state_changed(session, deployment, environment, str(before))
    return deployment


def revisions(history: Iterable[Deployment]) -> list[Revision]:
    """The history as the rules see it."""
    return [Revision(each.revision, OUTCOMES.get(DeploymentState(each.state), Outcome.UNFINISHED)) for each in history]


def last_successful(history: Iterable[Deployment]) -> Deployment | None:
    """What runs now: the latest revision that succeeded and wasn't rolled back."""
    return max(
        (each for each in history if each.state == DeploymentState.SUCCEEDED),
        key=lambda each: each.revision,
        default=None,
    )


def _get(session: Session, id: str, expected: EntityTags | None) -> Deployment:
    deployment = DeploymentRepository(session).get(id, lock=True)
    check_version(deployment, expected)
    return deployment
