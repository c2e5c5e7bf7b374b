"""Environments and the plans of their resources."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.deploy.domain.plan import Resource, make_plan, summary
from services.deploy.domain.workspaces import valid_name
from services.deploy.operations import documents, locking
from services.deploy.ports import Ports
from services.deploy.repository import EnvironmentRepository, PlanRepository
from services.deploy.tables import Environment, Plan
from shared.errors import Conflict
from shared.events import publish
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


class EnvironmentNotEmpty(Conflict):
    """The environment still has resources: apply a plan that destroys them first."""

    code = "environment_not_empty"


def create(session: Session, name: str) -> Environment:
    """A new environment without resources. Raises InvalidName or EnvironmentExists."""
    environment = EnvironmentRepository(session).create(
        Environment(id=new_id("env"), tenant_id=current_tenant(), name=valid_name(name))
    )
    _publish(session, "deploy.environment.created", environment)
    return environment


def delete(session: Session, ports: Ports, name: str) -> None:
    """Delete an environment without resources. Raises EnvironmentNotEmpty or LockHeld."""
    environments = EnvironmentRepository(session)
    environment = environments.named(name, lock=True)
    with locking.held(session, ports, environment, new_id("del"), "delete"):
        document = documents.read(ports, name)
        if documents.resources_of(document):
            raise EnvironmentNotEmpty(f"environment {name} has resources; destroy them first")
        environment.version += 1
        _publish(session, "deploy.environment.deleted", environment)
        environments.remove(environment)
        if document is not None:
            ports.states.delete(current_tenant(), name, expected_serial=document.version.serial)


def plan(session: Session, ports: Ports, name: str, desired: Sequence[Resource]) -> Plan:
    """Compare what is wanted with the state and save what has to change, bound to the state's lineage and serial.

    The environment is locked meanwhile. Raises LockHeld, DependencyCycle, UnknownDependency and the address errors.
    """
    environment = EnvironmentRepository(session).named(name)
    id = new_id("plan")
    with locking.held(session, ports, environment, id, "plan"):
        document = documents.read(ports, name)
        changes = make_plan(desired, documents.resources_of(document))
    basis = documents.basis_of(document)
    saved = PlanRepository(session).add(
        Plan(
            id=id,
            tenant_id=current_tenant(),
            environment_id=environment.id,
            lineage=basis.lineage,
            serial=basis.serial,
            changes=[documents.change_to(change) for change in changes],
            summary=summary(changes),
        )
    )
    data = {"id": id, "environment": name, "serial": basis.serial, "lineage": basis.lineage, **saved.summary}
    publish(session, "deploy.plan.created", subject=id, data=data, sequence=1)
    return saved


def _publish(session: Session, type: str, environment: Environment) -> None:
    publish(
        session,
        type,
        subject=environment.id,
        data={"id": environment.id, "name": environment.name},
        sequence=environment.version,
    )
