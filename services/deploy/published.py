"""What deploy tells: one function an event, each in the transaction of the change it tells of."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.deploy.tables import Apply, ApplyStep, Deployment, Environment, Json, Plan
from shared.events import publish
from shared.infra.state_lock import LockInfo
from shared.infra.state_store import StateVersion


def environment_created(session: Session, environment: Environment) -> None:
    """There is a new environment, without resources."""
    publish(session, "deploy.environment.created", **_of_environment(environment))


def environment_deleted(session: Session, environment: Environment) -> None:
    """An environment without resources is gone."""
    publish(session, "deploy.environment.deleted", **_of_environment(environment))


def environment_protection_changed(session: Session, environment: Environment) -> None:
    """Deployments to an environment need a quorum's admission from now on, or don't any more."""
    data = {"id": environment.id, "name": environment.name, "protected": environment.protected}
    publish(
        session,
        "deploy.environment.protection_changed",
        subject=environment.id,
        data=data,
        sequence=environment.version,
    )


def environment_locked(session: Session, lock: LockInfo, workspace: str, environment: Environment | None) -> None:
    """Somebody holds an environment from now on, or a workspace of Terraform's own, which is no environment."""
    id = environment.id if environment else workspace
    publish(
        session,
        "deploy.environment.locked",
        subject=id,
        data={"id": id, "name": workspace, "lock_id": lock.id, "operation": lock.operation},
        sequence=environment.version if environment else 0,
    )


def environment_unlocked(session: Session, lock: LockInfo, workspace: str) -> None:
    """Terraform's lock of a workspace was given back."""
    publish(
        session,
        "deploy.environment.unlocked",
        subject=workspace,
        data={"id": workspace, "name": workspace, "lock_id": lock.id, "operation": lock.operation},
        sequence=0,
    )


def plan_created(session: Session, plan: Plan, environment: Environment) -> None:
    """A plan was saved, bound to a version of the environment's state."""
    data = {
        "id": plan.id,
        "environment": environment.name,
        "serial": plan.serial,
        "lineage": plan.lineage,
        **plan.summary,
        "mode": plan.mode,
        "drifted": len(plan.resource_drift),
    }
    publish(session, "deploy.plan.created", subject=plan.id, data=data, sequence=plan.version)


def apply_queued(session: Session, apply: Apply, environment: Environment) -> None:
    """The application of a plan was accepted."""
    publish(session, "deploy.apply.queued", **_of_apply(apply, environment))


def apply_started(session: Session, apply: Apply, environment: Environment) -> None:
    """A worker takes the steps."""
    publish(session, "deploy.apply.started", **_of_apply(apply, environment))


def apply_succeeded(session: Session, apply: Apply, environment: Environment) -> None:
    """Every step was taken."""
    publish(session, "deploy.apply.succeeded", **_of_apply(apply, environment))


def apply_failed(session: Session, apply: Apply, environment: Environment) -> None:
    """The plan was stale or a step failed; those before it have been taken."""
    publish(session, "deploy.apply.failed", **_of_apply(apply, environment))


def step_completed(session: Session, step: ApplyStep) -> None:
    """One resource was made, changed or removed."""
    data = {
        "apply_id": step.apply_id,
        "address": step.address,
        "action": step.action,
        "resource_id": step.resource_id,
    }
    publish(session, "deploy.step.completed", subject=step.id, data=data, sequence=step.version)


def deployment_created(session: Session, deployment: Deployment, environment: Environment) -> None:
    """A new revision waits for the controller."""
    publish(
        session,
        "deploy.deployment.created",
        subject=deployment.id,
        data=_deployment_data(deployment, environment),
        sequence=deployment.version,
    )


def deployment_state_changed(session: Session, deployment: Deployment, environment: Environment, before: str) -> None:
    """A deployment has made one transition of its life cycle, from the state `before`."""
    publish(
        session,
        "deploy.deployment.state_changed",
        subject=deployment.id,
        data={**_deployment_data(deployment, environment), "from": before},
        sequence=deployment.version,
    )


def deployment_progressed(session: Session, deployment: Deployment, environment: Environment) -> None:
    """A rollout has moved, under the fencing token of whoever moved it."""
    data = {
        "id": deployment.id,
        "environment": environment.name,
        "revision": deployment.revision,
        "old": deployment.target_old,
        "new": deployment.target_new,
        "traffic": deployment.traffic,
        "fencing_token": deployment.fencing_token,
    }
    publish(session, "deploy.deployment.progressed", subject=deployment.id, data=data, sequence=deployment.version)


def deployment_sampled(
    session: Session, deployment: Deployment, environment: Environment, requests: int, errors: int
) -> None:
    """Requests that the new revision has answered were reported, and how many of them failed."""
    data = {"id": deployment.id, "environment": environment.name, "requests": requests, "errors": errors}
    publish(session, "deploy.deployment.sampled", subject=deployment.id, data=data, sequence=deployment.version)


def state_written(session: Session, version: StateVersion) -> None:
    """Terraform has stored the next version of a workspace's state."""
    publish(session, "deploy.state.written", **_of_state(version))


def state_deleted(session: Session, version: StateVersion) -> None:
    """Terraform has deleted a workspace's state, of which this was the last version."""
    publish(session, "deploy.state.deleted", **_of_state(version))


def _of_environment(environment: Environment) -> dict[str, Any]:
    return {
        "subject": environment.id,
        "data": {"id": environment.id, "name": environment.name},
        "sequence": environment.version,
    }


def _of_apply(apply: Apply, environment: Environment) -> dict[str, Any]:
    data = {
        "id": apply.id,
        "environment": environment.name,
        "plan_id": apply.plan_id,
        "state": str(apply.state),
        "serial": apply.serial,
        "reason": apply.reason,
    }
    return {"subject": apply.id, "data": data, "sequence": apply.version}


def _of_state(version: StateVersion) -> dict[str, Any]:
    data = {"workspace": version.workspace, "serial": version.serial, "lineage": version.lineage}
    return {"subject": version.workspace, "data": data, "sequence": version.generation}


def _deployment_data(deployment: Deployment, environment: Environment) -> Json:
    return {
        "id": deployment.id,
        "environment": environment.name,
        "revision": deployment.revision,
        "state": str(deployment.state),
        "strategy": deployment.strategy["type"],
        "reason": deployment.reason,
    }
