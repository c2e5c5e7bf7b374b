"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from services.deploy.domain.admissions import Admission
from services.deploy.domain.plans import PlanMode, Resource
from services.deploy.domain.progress import Replicas
from services.deploy.domain.shares import MAX_COUNT
from shared.infra.quorum import majority
from shared.web.schemas import Body, Out

Share = Annotated[int, Field(strict=True)] | Annotated[str, Field(max_length=16)]
"""A count, or a percentage such as `25%`."""
MONTH_SECONDS = 30 * 86_400
"""Nothing bakes or is kept for longer than this."""
MOST_REQUESTS = 10**12
"""So many requests can be reported at once."""


class EnvironmentCreate(Body):
    """A new environment."""

    name: str


class EnvironmentOut(Out):
    """An environment."""

    id: str
    name: str
    protected: bool
    version: int
    created_at: datetime


class LockOut(BaseModel):
    """Who holds an environment; `locked` is False when nobody does."""

    locked: bool
    owner: str | None = None
    who: str | None = None
    operation: str | None = None
    created: str | None = None


class ResourceIn(Body):
    """A wanted resource. Attributes may refer to others: `${storage.volume.data.id}`."""

    address: str
    attributes: dict[str, Any] = {}
    depends_on: list[str] = []

    def resource(self) -> Resource:
        """As the rules see it: an attribute that is null is one that is left out, as in Terraform."""
        attributes = {name: value for name, value in self.attributes.items() if value is not None}
        return Resource(self.address, attributes, tuple(self.depends_on))


class PlanCreate(Body):
    """What the environment shall consist of; an empty list destroys everything.

    Before anything is planned the resources are read from their owners, unless `refresh` is false. In the mode
    `refresh_only` nothing is wanted: the plan shows what was changed outside, and applied it takes that over.
    """

    resources: Annotated[list[ResourceIn] | None, Field(max_length=500)] = None
    mode: PlanMode = PlanMode.NORMAL
    refresh: bool = True

    @model_validator(mode="after")
    def fits_the_mode(self) -> PlanCreate:
        """Resources exactly where they are planned, and no refresh-only plan that doesn't refresh."""
        if (self.resources is None) == (self.mode is PlanMode.NORMAL):
            raise ValueError("a normal plan names its resources, one that only refreshes names none")
        if self.mode is PlanMode.REFRESH_ONLY and not self.refresh:
            raise ValueError("a plan that only refreshes can't go without refreshing")
        return self


class ChangeOut(BaseModel):
    """One change of a plan."""

    action: str
    address: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class PlanOut(Out):
    """A saved plan. It can be applied to exactly the state it was made from.

    `resource_drift` shows what was changed (`update`) or removed (`delete`) outside since the state was written.
    """

    id: str
    mode: PlanMode
    lineage: str
    serial: int
    changes: list[ChangeOut]
    resource_drift: list[ChangeOut]
    summary: dict[str, int]
    created_at: datetime


class ApplyCreate(Body):
    """The saved plan to apply."""

    plan_id: str


class StepOut(Out):
    """One step of an apply; a replacement is two of them.

    `dispatches` counts how often it was given to the workers' broker, `attempts` how often a worker took it. More than
    one of either says that a worker or something that the step needs was away; the effect is one all the same.
    """

    address: str
    action: str
    state: str
    resource_id: str | None
    reason: str | None
    dispatches: int
    attempts: int


class ApplyOut(Out):
    """An apply; `serial` is the state's serial that it has written."""

    id: str
    plan_id: str
    state: str
    reason: str | None
    serial: int | None
    version: int
    created_at: datetime
    updated_at: datetime


class ApplyDetail(ApplyOut):
    """An apply with its steps in plan order."""

    steps: list[StepOut]


class StateOut(BaseModel):
    """The resources an environment consists of, at a serial of a lineage."""

    lineage: str
    serial: int
    resources: list[dict[str, Any]]


class StateVersionOut(Out):
    """One version in the history of a state."""

    serial: int
    lineage: str
    digest: str
    size: int
    created_at: str


class HistoryOut(BaseModel):
    """All versions, the latest first."""

    versions: list[StateVersionOut]


class ReleaseIn(Body):
    """What is deployed. On the simulated runtime it takes `startup_seconds` to come up, or never `starts`."""

    image: Annotated[str, Field(min_length=1, max_length=255)]
    startup_seconds: Annotated[float, Field(ge=0, le=3600)] = 0.0
    starts: bool = True


class RollingIn(Body):
    """Replace replicas step by step."""

    type: Literal["rolling"] = "rolling"
    max_surge: Share = "25%"
    max_unavailable: Share = "25%"


class CanaryIn(Body):
    """Shift shares of the traffic, each judged by samples over a bake time."""

    type: Literal["canary"]
    steps: Annotated[list[int], Field(max_length=100)]
    minimum_samples: Annotated[int, Field(ge=1, le=MOST_REQUESTS)]
    bake_seconds: Annotated[float, Field(ge=0, le=MONTH_SECONDS)]
    max_error_percent: Annotated[int, Field(ge=0, le=100)]
    max_surge: Share = "25%"
    max_unavailable: Share = "25%"


class BlueGreenIn(Body):
    """Build the new colour whole, switch, keep the old one for a while."""

    type: Literal["blue_green"]
    keep_old_seconds: Annotated[float, Field(ge=0, le=MONTH_SECONDS)] = 30.0


class DeploymentCreate(Body):
    """A new revision and how it shall be rolled out."""

    release: ReleaseIn
    replicas: Annotated[int, Field(ge=1, le=500)]
    strategy: Annotated[RollingIn | CanaryIn | BlueGreenIn, Field(discriminator="type")] = RollingIn()
    progress_deadline_seconds: Annotated[int, Field(ge=1, le=86_400)] = 600


class DeploymentOut(Out):
    """A deployment. `old` and `new` count the replicas of the stable and of the new revision.

    `step_ready` says whether all replicas of a canary's present step are ready: its bake time runs from then.
    """

    id: str
    revision: int
    state: str
    reason: str | None
    release: dict[str, Any]
    strategy: dict[str, Any]
    replicas: int
    stable_revision: int | None
    old: int
    old_ready: int
    new: int
    new_ready: int
    target_old: int
    target_new: int
    traffic: int
    step: int
    step_ready: bool
    fencing_token: int
    version: int
    created_at: datetime
    updated_at: datetime


class SamplesIn(Body):
    """Requests that the new revision has answered since the last report, and how many of them failed."""

    requests: Annotated[int, Field(ge=0, le=MOST_REQUESTS)]
    errors: Annotated[int, Field(ge=0, le=MOST_REQUESTS)]


class ProgressIn(Body):
    """A rollout's targets and traffic, written under a controller's fencing token."""

    fencing_token: Annotated[int, Field(ge=0, lt=2**63)]
    old: Annotated[int, Field(ge=0, le=MAX_COUNT)]
    new: Annotated[int, Field(ge=0, le=MAX_COUNT)]
    traffic: Annotated[int, Field(ge=0, le=100)]

    @property
    def targets(self) -> Replicas:
        """As the rules see them."""
        return Replicas(self.old, self.new)


class LeaderOut(BaseModel):
    """Who leads, as the election has it."""

    candidate: str
    term: int
    fencing_token: int


class CandidateOut(Out):
    """What a candidate last said of itself."""

    name: str
    leading: bool
    term: int
    fencing_token: int
    refused_writes: int
    seen_at: datetime


class ControllerOut(BaseModel):
    """The rollout controller: its leader, its candidates, and the newest token that has written."""

    leader: LeaderOut | None
    newest_token: int
    candidates: list[CandidateOut]


class ProtectionIn(Body):
    """Whether deployments to an environment need the admission of the controller's members."""

    protected: bool


class BallotIn(Body):
    """A proposal's term."""

    term: Annotated[int, Field(ge=1, le=2**31 - 1)]


class VoteIn(Body):
    """A member's vote in a term."""

    term: Annotated[int, Field(ge=1, le=2**31 - 1)]
    member: Annotated[str, Field(min_length=1, max_length=255)]
    approve: bool


class AdmissionOut(BaseModel):
    """A deployment's admission: `needed` approvals of `members` admit it. `term` is 0 where nobody was asked yet."""

    protected: bool
    verdict: str
    term: int
    members: list[str]
    approvals: int
    refusals: int
    needed: int

    @classmethod
    def of(cls, admission: Admission) -> AdmissionOut:
        """As it goes over the wire."""
        tally = admission.tally
        return cls(
            protected=admission.protected,
            verdict=admission.verdict,
            term=admission.term,
            members=list(admission.members),
            approvals=tally.approvals if tally else 0,
            refusals=tally.refusals if tally else 0,
            needed=majority(len(admission.members)) if admission.members else 0,
        )


class MembersOut(BaseModel):
    """The members of the rollout controller."""

    members: list[str]
