"""Every query of the deploy service, scoped to the tenant of the context where rows belong to tenants."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.deploy.domain.applies import APPLY_LIFE_CYCLE, ApplyState
from services.deploy.domain.deployments import RUNNING_STATES, DeploymentState
from services.deploy.domain.quotas import reservations
from services.deploy.domain.steps import ENDED as ENDED_STEPS
from services.deploy.domain.steps import PARALLELISM, StepState
from services.deploy.tables import Apply, ApplyStep, Candidate, Deployment, Environment, Fence, Plan
from shared.errors import Conflict, NotFound
from shared.infra.db.sqlalchemy import TenantRepository
from shared.infra.fencing import check_token
from shared.kernel.context import current_tenant

ENDED_APPLIES = [state for state in ApplyState if APPLY_LIFE_CYCLE.is_final(state)]
ENDED_DEPLOYMENTS = [
    DeploymentState.SUCCEEDED,
    DeploymentState.FAILED,
    DeploymentState.CANCELLED,
    DeploymentState.ROLLED_BACK,
]
"""States in which nothing moves any more unless somebody asks for it."""


class EnvironmentExists(Conflict):
    """The tenant has an environment of this name."""

    code = "environment_exists"


class EnvironmentRepository(TenantRepository[Environment]):
    """Environments by name."""

    model = Environment

    def named(self, name: str, *, lock: bool = False) -> Environment:
        """The environment. Raises NotFound, for another tenant's too."""
        query = self.scoped().where(Environment.name == name)
        found = self.session.scalars(query.with_for_update() if lock else query).one_or_none()
        if found is None:
            raise NotFound(f"there is no environment {name}")
        return found

    def create(self, environment: Environment) -> Environment:
        """Insert; of two that race for one name the second gets EnvironmentExists."""
        values = {"id": environment.id, "tenant_id": environment.tenant_id, "name": environment.name}
        added = self.session.scalars(
            insert(Environment)
            .values(**values)
            .on_conflict_do_nothing(constraint="environments_name")
            .returning(Environment)
        ).one_or_none()
        if added is None:
            raise EnvironmentExists(f"an environment {environment.name} exists")
        return added

    def count_alone(self) -> int:
        """How many the tenant has. Who has made one counts, and nobody else does until the transaction ends."""
        key = f"deploy.environments:{current_tenant()}"
        self.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
        return self.session.scalar(self.scoped().with_only_columns(func.count())) or 0

    def remove(self, environment: Environment) -> None:
        """Delete the row with its plans, applies and deployments."""
        self.session.delete(environment)
        self.session.flush()


class PlanRepository(TenantRepository[Plan]):
    """Saved plans."""

    model = Plan


class ApplyRepository(TenantRepository[Apply]):
    """Applies of plans."""

    model = Apply


@dataclass(frozen=True)
class Standing:
    """Where a step stands in its graph."""

    id: str
    node: str
    needs: Sequence[str]
    state: StepState
    dispatched: bool


class StepRepository(TenantRepository[ApplyStep]):
    """Steps of applies."""

    model = ApplyStep

    def of(self, apply_id: str) -> Sequence[ApplyStep]:
        """The steps of an apply in the order of their graph."""
        query = self.scoped().where(ApplyStep.apply_id == apply_id).order_by(ApplyStep.position)
        return self.session.scalars(query).all()

    def standings(self, apply_id: str) -> list[Standing]:
        """Where each step of an apply stands, without what it does."""
        dispatched = ApplyStep.dispatched_at.is_not(None)
        columns = (ApplyStep.id, ApplyStep.node, ApplyStep.needs, ApplyStep.state, dispatched)
        rows = self.session.execute(self.scoped().where(ApplyStep.apply_id == apply_id).with_only_columns(*columns))
        return [Standing(id, node, needs, StepState(state), sent) for id, node, needs, state, sent in rows]

    def awaited(self, step: ApplyStep) -> bool:
        """Whether anybody waited for this step to end: one that needs it, those it left no room for, or the end."""
        sent = ApplyStep.dispatched_at.is_not(None)
        counts = (
            func.count().filter(sent),
            func.count().filter(not_(sent)),
            func.count().filter(ApplyStep.needs.contains([step.node])),
        )
        others = self.scoped().where(ApplyStep.apply_id == step.apply_id, ApplyStep.state.not_in(ENDED_STEPS))
        underway, waiting, needing = self.session.execute(others.with_only_columns(*counts)).one()
        return bool(needing or underway == 0 or (waiting and underway <= PARALLELISM // 2))

    def these(self, ids: Collection[str]) -> Sequence[ApplyStep]:
        """These steps, locked, in the order of their graph."""
        query = self.scoped().where(ApplyStep.id.in_(ids)).order_by(ApplyStep.position)
        return self.session.scalars(query.with_for_update()).all()

    def made(self, apply_id: str, addresses: Collection[str]) -> dict[str, str]:
        """The ids of those of these resources that the apply has made or changed, by address."""
        query = self.scoped().where(
            ApplyStep.apply_id == apply_id, ApplyStep.address.in_(addresses), ApplyStep.state == StepState.DONE
        )
        return {step.address: step.resource_id for step in self.session.scalars(query) if step.resource_id is not None}


class DeploymentRepository(TenantRepository[Deployment]):
    """Deployments and the revision history they make."""

    model = Deployment

    def history(self, environment_id: str) -> Sequence[Deployment]:
        """All deployments of an environment, by revision."""
        query = self.scoped().where(Deployment.environment_id == environment_id).order_by(Deployment.revision)
        return self.session.scalars(query).all()

    def unfinished(self) -> Sequence[Deployment]:
        """The tenant's deployments that something may still happen to, locked."""
        query = self.scoped().where(
            Deployment.state.in_([DeploymentState.PENDING, DeploymentState.IN_PROGRESS, DeploymentState.PAUSED])
        )
        return self.session.scalars(query.order_by(Deployment.id).with_for_update()).all()

    def paused_for(self, reason: str) -> Sequence[Deployment]:
        """The tenant's deployments that were paused for this reason, locked."""
        query = self.scoped().where(Deployment.state == DeploymentState.PAUSED, Deployment.reason == reason)
        return self.session.scalars(query.order_by(Deployment.id).with_for_update()).all()


@dataclass(frozen=True)
class Work:
    """A row that background work is due for, in whose tenant, in which environment."""

    id: str
    tenant_id: str
    environment: str


def running_deployments(session: Session) -> list[Work]:
    """Deployments of all tenants that the controller has to move on, oldest first."""
    query = (
        select(Deployment.id, Deployment.tenant_id, Environment.name)
        .join(Environment, Environment.id == Deployment.environment_id)
        .where(Deployment.state.in_(RUNNING_STATES))
        .order_by(Deployment.id)
    )
    return [Work(*row) for row in session.execute(query)]


def ended_with_lock(session: Session, environment_id: str | None = None) -> list[tuple[Apply | Deployment, str]]:
    """Applies and deployments that ended and whose environment's lock may not have been freed, with its name.

    Of one environment they are waited for while somebody else frees them; of all, those are left out.
    """
    found: list[tuple[Apply | Deployment, str]] = []
    kinds: tuple[tuple[type[Apply | Deployment], Sequence[str]], ...] = (
        (Apply, ENDED_APPLIES),
        (Deployment, ENDED_DEPLOYMENTS),
    )
    for kind, ended in kinds:
        query = (
            select(kind, Environment.name)
            .join(Environment, Environment.id == kind.environment_id)
            .where(kind.lock_held, kind.state.in_(ended))
            .with_for_update(of=kind, skip_locked=environment_id is None)
        )
        if environment_id is not None:
            query = query.where(kind.environment_id == environment_id)
        found += [(row, name) for row, name in session.execute(query)]  # type: ignore[misc]
    return found


def left_alone(session: Session, now: datetime, after: timedelta, limit: int) -> Sequence[Apply]:
    """Applies that haven't ended and that nobody has moved for `after`, held against others who look.

    One that was moved in the future counts, too: the clock has been set back.
    """
    moved_at = Apply.moved_at
    lately = moved_at.between(now - after, now + after)
    query = select(Apply).where(Apply.state.not_in(ENDED_APPLIES), or_(moved_at.is_(None), not_(lately)))
    return session.scalars(query.order_by(Apply.id).limit(limit).with_for_update(skip_locked=True)).all()


class FenceRepository:
    """Fenced resources. A write carries its token, and the row remembers the newest one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def admit(self, name: str, token: int) -> None:
        """Let a write with this token through; the row stays locked until its transaction ends.

        Raises StaleFencingToken when a newer holder has written before.
        """
        query = select(Fence).where(Fence.name == name).with_for_update()
        fence = self._session.scalars(query).one_or_none()
        if fence is None:
            self._session.execute(insert(Fence).values(name=name, token=0).on_conflict_do_nothing())
            fence = self._session.scalars(query).one()
        fence.token = check_token(fence.token, token)

    def highest(self, name: str) -> int:
        """The newest token that has written; 0 when none has."""
        return self._session.scalar(select(Fence.token).where(Fence.name == name)) or 0


class CandidateRepository:
    """Heartbeats of the controller's candidates."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def heartbeat(
        self, name: str, *, leading: bool, term: int, fencing_token: int, refused_writes: int, at: datetime
    ) -> None:
        """Note what a candidate believes."""
        view = {
            "leading": leading,
            "term": term,
            "fencing_token": fencing_token,
            "refused_writes": refused_writes,
            "seen_at": at,
        }
        self._session.execute(
            insert(Candidate).values(name=name, **view).on_conflict_do_update(index_elements=["name"], set_=view)
        )

    def all(self) -> Sequence[Candidate]:
        """Every candidate that was ever seen, by name."""
        return self._session.scalars(select(Candidate).order_by(Candidate.name)).all()


def note_sent(session: Session, applies: Collection[Apply], now: datetime) -> None:
    """The applies, whoever's they are, have just been handed to the broker: that alone is no change of theirs."""
    sent = update(Apply).where(Apply.id.in_([apply.id for apply in applies]))
    # Named, so that it stays: its default on a change is the time of a request's context, and there is none here.
    session.execute(sent.values(moved_at=now, updated_at=Apply.updated_at))


def held_reservations(session: Session, reservation_ids: Collection[str]) -> set[str]:
    """Those of the reservations whose deployment has not ended. Of all tenants: for the quota sweep."""
    deployment_of = {reservation_id: reservation_id.partition(".")[0] for reservation_id in reservation_ids}
    query = select(Deployment.id).where(
        Deployment.id.in_(set(deployment_of.values())), Deployment.state.not_in(ENDED_DEPLOYMENTS)
    )
    under_way = {name for id in session.scalars(query) for name in reservations(id)}
    return under_way.intersection(reservation_ids)
