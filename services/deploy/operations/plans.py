"""Plans: what has to change so that an environment becomes what is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.plans import Resource, make_plan, summary
from services.deploy.operations import documents, locking
from services.deploy.ports import Ports
from services.deploy.repository import EnvironmentRepository, PlanRepository
from services.deploy.tables import Plan
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def create(session: Session, ports: Ports, name: str, desired: Sequence[Resource]) -> Plan:
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
    published.plan_created(session, saved, environment)
    return saved
