"""Environments: what they are called, what they consist of, and who holds them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.environments import check_environments, valid_name
from services.deploy.operations import documents, locking
from services.deploy.ports import Ports
from services.deploy.repository import EnvironmentRepository
from services.deploy.tables import Environment
from shared.errors import Conflict
from shared.infra.db.sqlalchemy import check_version
from shared.infra.state_lock import LockInfo
from shared.infra.state_store import StateDocument, StateNotFound, StateVersion
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


class EnvironmentNotEmpty(Conflict):
    """The environment still has resources: apply a plan that destroys them first."""

    code = "environment_not_empty"


def create(session: Session, name: str) -> Environment:
    """A new environment without resources. Raises InvalidName, EnvironmentExists or EnvironmentLimitReached."""
    environments = EnvironmentRepository(session)
    environment = environments.create(Environment(id=new_id("env"), tenant_id=current_tenant(), name=valid_name(name)))
    check_environments(environments.count_alone())
    published.environment_created(session, environment)
    return environment


def delete(session: Session, ports: Ports, name: str, expected: EntityTags | None) -> None:
    """Delete an environment without resources. Raises EnvironmentNotEmpty, LockHeld or VersionConflict."""
    environments = EnvironmentRepository(session)
    environment = environments.named(name, lock=True)
    check_version(environment, expected)
    with locking.held(session, ports, environment, new_id("del"), "delete"):
        document = documents.read(ports, name)
        if documents.resources_of(document):
            raise EnvironmentNotEmpty(f"environment {name} has resources; destroy them first")
        environment.version += 1
        published.environment_deleted(session, environment)
        environments.remove(environment)
        if document is not None:
            ports.states.delete(current_tenant(), name, expected_serial=document.version.serial)


def lock_holder(session: Session, ports: Ports, name: str) -> LockInfo | None:
    """Who holds the environment; None when nobody does."""
    environment = EnvironmentRepository(session).named(name)
    return ports.locks.holder(environment.tenant_id, environment.name)


def state(session: Session, ports: Ports, name: str) -> StateDocument:
    """What the environment consists of. Raises StateNotFound before the first apply."""
    EnvironmentRepository(session).named(name)
    document = documents.read(ports, name, fresh=False)
    if document is None:
        raise StateNotFound(f"nothing has been applied to {name} yet")
    return document


def state_history(session: Session, ports: Ports, name: str) -> Sequence[StateVersion]:
    """Every version of the environment's state, the latest first."""
    environment = EnvironmentRepository(session).named(name)
    return ports.states.history(environment.tenant_id, name)
