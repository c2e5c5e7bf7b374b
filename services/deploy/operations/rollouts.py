"""What the elected controller does. Every write carries its fencing token, and an older one is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.admissions import Verdict
from services.deploy.domain.canary import CanarySamples
from services.deploy.domain.deadlines import not_after, past_deadline
from services.deploy.domain.deployments import DeploymentState
from services.deploy.domain.progress import Observation, Replicas, settled
from services.deploy.domain.runtime import observe
from services.deploy.domain.strategies import Ending, Stage, advance
from services.deploy.operations import admissions, deployments
from services.deploy.operations.specs import release_of, strategy_of
from services.deploy.ports import Ports
from services.deploy.repository import DeploymentRepository, EnvironmentRepository, FenceRepository
from services.deploy.tables import Deployment
from shared.errors import ValidationFailed
from shared.infra.db.hooks import after_commit
from shared.infra.db.sqlalchemy import touch

FENCE = "rollouts"
"""The fenced resource: all rollouts together, so that a new leader's first write shuts its predecessor out of all."""


class FencingTokenFromTheFuture(ValidationFailed):
    """A token that no election has given yet; admitting it would shut every real leader out."""

    code = "unknown_fencing_token"


def move_on(session: Session, ports: Ports, id: str, token: int) -> bool:
    """Take a deployment one step further: start it, move its rollout, end it, or bring it back; whether it moved.

    Raises StaleFencingToken for a controller that has been superseded; nothing is changed then.
    """
    FenceRepository(session).admit(FENCE, token)
    deployment = DeploymentRepository(session).get(id, lock=True)
    before = deployment.version
    match deployment.state:
        case DeploymentState.PENDING if not _may_begin(session, ports, deployment, token):
            pass
        case DeploymentState.PENDING:
            deployment.last_progress_at = deployment.step_started_at = ports.clock.now()
            deployments.move(session, deployment, DeploymentState.IN_PROGRESS)
        case DeploymentState.IN_PROGRESS:
            _roll(session, ports, deployment, token)
        case DeploymentState.ROLLING_BACK:
            _return(session, deployment, token)
    return deployment.version != before


def _may_begin(session: Session, ports: Ports, deployment: Deployment, token: int) -> bool:
    """Whether the deployment is let into its environment; one that is refused has failed."""
    verdict = admissions.admitted(session, ports, deployment, token)
    if verdict is Verdict.REFUSED:
        deployments.move(session, deployment, DeploymentState.CANCELLED, admissions.NOT_ADMITTED)
    if verdict is not Verdict.OPEN:
        after_commit(session, lambda: admissions.closed(ports, deployment.id))
    return verdict is Verdict.ADMITTED


def write_progress(session: Session, id: str, token: int, newest: int, targets: Replicas, traffic: int) -> Deployment:
    """Set a rollout's targets and traffic by hand, as a leader would. `newest` is the newest token there is.

    Raises FencingTokenFromTheFuture, StaleFencingToken, or NotInProgress.
    """
    if token > newest:
        raise FencingTokenFromTheFuture(f"token {token} is newer than {newest}, the newest that was given")
    FenceRepository(session).admit(FENCE, token)
    deployment = DeploymentRepository(session).get(id, lock=True)
    if deployment.state not in (DeploymentState.IN_PROGRESS, DeploymentState.PAUSED):
        raise deployments.NotInProgress(f"deployment {id} is {deployment.state}")
    seen = _observed(deployment)
    deployment.old, deployment.old_ready = targets.old, min(targets.old, seen.old_ready)
    deployment.new, deployment.new_ready = targets.new, min(targets.new, seen.new_ready)
    deployment.target_old, deployment.target_new, deployment.traffic = targets.old, targets.new, traffic
    _note(session, deployment, token)
    return deployment


def _roll(session: Session, ports: Ports, deployment: Deployment, token: int) -> None:
    now = ports.clock.now()
    _set_back(deployment, now)
    seen = observe(
        release_of(deployment.release),
        Replicas(deployment.target_old, deployment.target_new),
        _observed(deployment),
        deployment.targets_changed_at,
        now,
    )
    before = _stage(deployment)
    samples = CanarySamples(deployment.sample_requests, deployment.sample_errors)
    stage = advance(strategy_of(deployment.strategy), deployment.replicas, before, seen, samples, now)
    if stage != before or seen != _observed(deployment):
        _store(deployment, before, stage, seen, ports)
        _note(session, deployment, token)
    deadline = timedelta(seconds=deployment.progress_deadline_seconds)
    if stage.ending is Ending.SUCCEEDED:
        deployments.move(session, deployment, DeploymentState.SUCCEEDED)
    elif stage.ending is Ending.ABORTED:
        _fail(session, ports, deployment, "canary_errors")
    elif past_deadline(deployment.last_progress_at, deadline, now, waiting=settled(stage.targets, seen)):
        _fail(session, ports, deployment, "progress_deadline_exceeded")


def _set_back(deployment: Deployment, now: datetime) -> None:
    """Where the clock was set back, what lies in the future is counted from now: else it would never be over."""
    deployment.last_progress_at = not_after(deployment.last_progress_at, now)
    deployment.targets_changed_at = not_after(deployment.targets_changed_at, now)
    deployment.step_started_at = not_after(deployment.step_started_at, now)
    if deployment.switched_at is not None:
        deployment.switched_at = not_after(deployment.switched_at, now)


def _return(session: Session, deployment: Deployment, token: int) -> None:
    """The stable revision takes over whole: its replicas were kept or come up at once."""
    restored = deployment.stable_replicas
    deployment.old = deployment.old_ready = restored
    deployment.new = deployment.new_ready = 0
    _note(session, deployment, token)
    deployments.move(session, deployment, DeploymentState.ROLLED_BACK, deployment.reason)


def _fail(session: Session, ports: Ports, deployment: Deployment, reason: str) -> None:
    deployments.move(session, deployment, DeploymentState.FAILED, reason)
    deployments.begin_rollback(session, ports, deployment)


def _store(deployment: Deployment, before: Stage, stage: Stage, seen: Observation, ports: Ports) -> None:
    now = ports.clock.now()
    deployment.old, deployment.old_ready = seen.old, seen.old_ready
    deployment.new, deployment.new_ready = seen.new, seen.new_ready
    if stage.targets.new > before.targets.new:
        # Those that are added need their start-up time; whether old ones go doesn't matter to them.
        deployment.targets_changed_at = now
    deployment.target_old, deployment.target_new = stage.targets.old, stage.targets.new
    deployment.traffic, deployment.switched_at = stage.traffic, stage.switched_at
    if stage.step != before.step:
        deployment.sample_requests = deployment.sample_errors = 0
    deployment.step, deployment.step_ready = stage.step, stage.step_ready
    deployment.step_started_at = stage.step_started_at
    deployment.last_progress_at = now


def _note(session: Session, deployment: Deployment, token: int) -> None:
    """Tell that the rollout has moved, and by whose token."""
    deployment.fencing_token = token
    touch(deployment)
    environment = EnvironmentRepository(session).get(deployment.environment_id)
    published.deployment_progressed(session, deployment, environment)


def _observed(deployment: Deployment) -> Observation:
    return Observation(deployment.old, deployment.old_ready, deployment.new, deployment.new_ready)


def _stage(deployment: Deployment) -> Stage:
    return Stage(
        Replicas(deployment.target_old, deployment.target_new),
        deployment.traffic,
        deployment.step,
        deployment.step_started_at,
        deployment.switched_at,
        stable=deployment.stable_replicas,
        step_ready=deployment.step_ready,
    )
