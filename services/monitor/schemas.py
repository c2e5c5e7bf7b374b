"""What goes over the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from services.monitor.domain.alerts import AlertState, Operator
from services.monitor.domain.expressions import Aggregation
from services.monitor.domain.labels import MAX_LABELS, MAX_VALUE_LENGTH
from shared.web.schemas import Body, Out

MAX_SAMPLES = 5_000
MAX_SECONDS = 30 * 86_400
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC)
OUT_OF_REACH = "a time is in the years 1970 to 2969"


def _in_reach(moment: datetime) -> datetime:
    """A time that windows can be counted back from, in UTC."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(OUT_OF_REACH) from None
    if not EARLIEST <= utc < LATEST:
        raise ValueError(OUT_OF_REACH)
    return utc


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=MAX_SECONDS)]
WindowSeconds = Annotated[int, Field(ge=1, le=MAX_SECONDS)]
Quantile = Annotated[float, Field(ge=0, le=1)]
Objective = Annotated[float, Field(gt=0, lt=1)]
LabelValue = Annotated[str, Field(max_length=MAX_VALUE_LENGTH)]
LabelSet = Annotated[dict[Name, LabelValue], Field(max_length=MAX_LABELS)]


class SampleIn(Body):
    """A measurement."""

    name: Name
    labels: dict[str, str] = {}
    value: Number
    timestamp: Moment


class SamplesIn(Body):
    """Measurements of any series."""

    samples: Annotated[list[SampleIn], Field(min_length=1, max_length=MAX_SAMPLES)]


class Ingested(Out):
    """How many samples are kept now, and how many were before."""

    accepted: int
    duplicates: int


class Point(Out):
    """A value at a time."""

    at: datetime
    value: float


class SeriesOut(Out):
    """Values with one set of labels."""

    labels: dict[str, str]
    points: list[Point]


class QueryOut(Out):
    """The answer to a range query."""

    name: str
    aggregation: Aggregation
    series: list[SeriesOut]


class RuleChange(Body):
    """What to change of a rule; what is left out stays."""

    operator: Operator = Operator.GREATER
    threshold: Number = 0
    for_seconds: Seconds = 0
    keep_firing_for_seconds: Seconds = 0
    severity: Name = "warning"
    window_seconds: WindowSeconds = 300


class RuleCreate(RuleChange):
    """A new alert rule."""

    name: Name
    metric: Name
    labels: LabelSet = {}
    aggregation: Aggregation = Aggregation.LAST
    quantile: Quantile | None = None
    total_metric: Name | None = None
    objective: Objective | None = None
    operator: Operator
    threshold: Number


class RuleOut(Out):
    """An alert rule; `health` is ok, pending, firing, no_data, error (it would read too many samples), delayed (the
    tenant's rules don't fit into one evaluation, its turn comes next), or unknown before its first evaluation."""

    id: str
    name: str
    metric: str
    labels: dict[str, str]
    aggregation: Aggregation
    quantile: float | None
    total_metric: str | None
    objective: float | None
    operator: Operator
    threshold: float
    for_seconds: int
    keep_firing_for_seconds: int
    severity: str
    window_seconds: int
    health: str
    version: int
    created_at: datetime
    updated_at: datetime


class EvaluateIn(Body):
    """When to evaluate; now unless told. In a story that is replayed, evaluations are at most five minutes apart: time
    in which nothing was evaluated doesn't count as held."""

    at: Moment | None = None


class RuleHealth(Out):
    """How a rule fared."""

    id: str
    name: str
    health: str


class TransitionOut(Out):
    """An alert that became something else."""

    rule_id: str
    alert_id: str
    state: AlertState


class EvaluationOut(Out):
    """An evaluation of all rules."""

    at: datetime
    rules: list[RuleHealth]
    transitions: list[TransitionOut]


class AlertOut(Out):
    """An alert."""

    id: str
    rule_id: str
    rule_name: str
    fingerprint: str
    labels: dict[str, str]
    state: AlertState
    value: float
    active_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    silenced: bool
    version: int


class AlertGroup(Out):
    """Open alerts with equal values of the labels that were grouped by."""

    labels: dict[str, str]
    alerts: list[AlertOut]


class AlertGroups(Out):
    """All groups of open alerts."""

    items: list[AlertGroup]


class SilenceCreate(Body):
    """A new silence."""

    matchers: LabelSet
    starts_at: Moment
    ends_at: Moment
    comment: Annotated[str, Field(max_length=1000)] = ""


class SilenceOut(Out):
    """A silence."""

    id: str
    matchers: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    comment: str
    version: int
