"""Plans: what has to change so that an environment becomes what is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.drift import after_drift
from services.deploy.domain.plans import Change, PlanMode, Resource, make_plan, summary
from services.deploy.operations import documents, locking, refreshing
from services.deploy.ports import Ports
from services.deploy.repository import EnvironmentRepository, PlanRepository
from services.deploy.tables import Plan
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def create(
    session: Session,
    ports: Ports,
    name: str,
    desired: Sequence[Resource],
    *,
    mode: PlanMode = PlanMode.NORMAL,
    refresh: bool = True,
) -> Plan:
    """Compare what is wanted with what there is and save what has to change, bound to the state's lineage and serial.

    What there is is read from the resources' owners, unless `refresh` is False: then the state is believed, as by
    Terraform's `-refresh=false`. A plan that only refreshes changes no resource: applied, it writes what was found.
    The environment is locked meanwhile. Raises LockHeld, DependencyCycle, UnknownDependency, the address errors, and
    ServiceUnavailable where an owner can't be asked.
    """
    environment = EnvironmentRepository(session).named(name)
    id = new_id("plan")
    with locking.held(session, ports, environment, id, "plan"):
        document = documents.read(ports, name)
        present = documents.resources_of(document)
        changes = _changes(mode, desired, present)  # Before anybody is asked: what can't be planned is refused here.
        drift = refreshing.drift(ports, present) if refresh else []
        if drift:
            changes = _changes(mode, desired, after_drift(present, drift))
    basis = documents.basis_of(document)
    saved = PlanRepository(session).add(
        Plan(
            id=id,
            tenant_id=current_tenant(),
            environment_id=environment.id,
            mode=mode,
            lineage=basis.lineage,
            serial=basis.serial,
            changes=[documents.change_to(change) for change in changes],
            resource_drift=[documents.change_to(change) for change in drift],
            summary=summary(changes),
        )
    )
    published.plan_created(session, saved, environment)
    return saved


def _changes(mode: PlanMode, desired: Sequence[Resource], present: Sequence[Resource]) -> list[Change]:
    return [] if mode is PlanMode.REFRESH_ONLY else make_plan(desired, present)
