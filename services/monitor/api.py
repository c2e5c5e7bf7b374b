"""End points of monitor: parse, call an operation, return."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from services.monitor import evaluation, operations
from services.monitor.domain.alerts import AlertState
from services.monitor.domain.errors import InvalidQuery
from services.monitor.domain.expressions import Aggregation, Expression
from services.monitor.domain.labels import grouping_key
from services.monitor.ports import Ports
from services.monitor.repository import OPEN_STATES, RuleRepository, SilenceRepository
from services.monitor.schemas import (
    MAX_SECONDS,
    AlertGroups,
    AlertOut,
    EvaluateIn,
    EvaluationOut,
    Ingested,
    PageOut,
    QueryOut,
    RuleChange,
    RuleCreate,
    RuleOut,
    SamplesIn,
    SilenceCreate,
    SilenceOut,
)
from services.monitor.tables import Rule, Silence
from shared.kernel.context import RequestContext
from shared.utils.pagination import MAX_LIMIT, Page, PageRequest
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires

router = ApiRouter()
READ, WRITE = "monitor:read", "monitor:write"


def _ports(request: Request) -> Ports:
    ports: Ports = request.app.state.ports
    return ports


def _matchers(label: Annotated[list[str] | None, Query()] = None) -> dict[str, str]:
    """`label=name=value`, as often as there are matchers. Raises InvalidQuery."""
    pairs = [text.partition("=") for text in label or ()]
    if not all(name and equals for name, equals, _ in pairs):
        raise InvalidQuery("a label matcher is name=value")
    return {name: value for name, _, value in pairs}


PortsOf = Annotated[Ports, Depends(_ports)]
Matchers = Annotated[dict[str, str], Depends(_matchers)]
Span = Annotated[int, Query(ge=1, le=MAX_SECONDS)]


@router.post("/samples", response_model=Ingested)
def ingest(
    body: SamplesIn, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> dict[str, int]:
    """Keep samples, all or none."""
    return operations.ingest(session, ports, [sample.model_dump() for sample in body.samples])


@router.get("/query", response_model=QueryOut)
def query(
    name: str,
    start: AwareDatetime,
    end: AwareDatetime,
    matchers: Matchers,
    step: Span = 60,
    aggregation: Aggregation = Aggregation.LAST,
    window: Span = 300,
    quantile: Annotated[float | None, Query(ge=0, le=1)] = None,
    total: str | None = None,
    objective: Annotated[float | None, Query(gt=0, lt=1)] = None,
    ctx: RequestContext = requires(READ),
    session: Session = database(),
) -> dict[str, Any]:
    """Values of a metric over time; step and window in seconds."""
    length = timedelta(seconds=window)
    expression = Expression(name, matchers, aggregation, length, quantile, total, objective)
    found = operations.query_range(session, expression, start, end, timedelta(seconds=step))
    series = [
        {"labels": labels, "points": [{"at": at, "value": value} for at, value in points]} for labels, points in found
    ]
    return {"name": name, "aggregation": aggregation, "series": series}


@router.post("/alert-rules", status_code=201, response_model=RuleOut)
def create_rule(body: RuleCreate, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Rule:
    """Create an alert rule."""
    return operations.create_rule(session, body.model_dump())


@router.get("/alert-rules", response_model=PageOut[RuleOut])
def list_rules(page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()) -> Page[Rule]:
    """The tenant's alert rules."""
    return RuleRepository(session).page(page)


@router.get("/alert-rules/{id}", response_model=RuleOut)
def get_rule(id: str, ctx: RequestContext = requires(READ), session: Session = database()) -> Rule:
    """One alert rule."""
    return RuleRepository(session).get(id)


@router.patch("/alert-rules/{id}", response_model=RuleOut)
def change_rule(
    id: str,
    body: RuleChange,
    version: ExpectedVersion,
    ctx: RequestContext = requires(WRITE),
    session: Session = database(),
) -> Rule:
    """Change an alert rule."""
    return operations.change_rule(session, id, body.model_dump(exclude_unset=True), version)


@router.delete("/alert-rules/{id}", status_code=204)
def delete_rule(id: str, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Response:
    """Delete an alert rule and its alerts."""
    operations.delete_rule(session, id)
    return Response(status_code=204)


@router.post("/evaluate", response_model=EvaluationOut)
def evaluate(
    body: EvaluateIn, ports: PortsOf, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> evaluation.Evaluation:
    """Evaluate the tenant's rules at a time."""
    at: datetime = body.at or ports.clock.now()
    return evaluation.evaluate(session, at)


@router.get("/alerts", response_model=PageOut[AlertOut])
def list_alerts(
    page: PageQuery,
    ports: PortsOf,
    state: AlertState | None = None,
    ctx: RequestContext = requires(READ),
    session: Session = database(),
) -> Page[evaluation.AlertView]:
    """The tenant's alerts by when they began."""
    return evaluation.alerts(session, ports, page, [state.value] if state else [])


@router.get("/alert-groups", response_model=AlertGroups)
def group_alerts(
    ports: PortsOf,
    by: Annotated[list[str], Query()],
    ctx: RequestContext = requires(READ),
    session: Session = database(),
) -> dict[str, Any]:
    """Open alerts, grouped by labels: one group is one notification."""
    found = evaluation.alerts(session, ports, PageRequest(MAX_LIMIT), OPEN_STATES)
    groups: dict[tuple[str, ...], list[evaluation.AlertView]] = {}
    for alert in found.items:
        groups.setdefault(grouping_key(alert.row.labels, tuple(by)), []).append(alert)
    return {
        "items": [
            {"labels": dict(zip(by, key, strict=True)), "alerts": members} for key, members in sorted(groups.items())
        ]
    }


@router.post("/silences", status_code=201, response_model=SilenceOut)
def create_silence(
    body: SilenceCreate, ctx: RequestContext = requires(WRITE), session: Session = database()
) -> Silence:
    """Silence matching alerts for a while."""
    return operations.create_silence(session, body.model_dump())


@router.get("/silences", response_model=PageOut[SilenceOut])
def list_silences(
    page: PageQuery, ctx: RequestContext = requires(READ), session: Session = database()
) -> Page[Silence]:
    """The tenant's silences."""
    return SilenceRepository(session).page(page)


@router.delete("/silences/{id}", status_code=204)
def delete_silence(id: str, ctx: RequestContext = requires(WRITE), session: Session = database()) -> Response:
    """End a silence."""
    operations.delete_silence(session, id)
    return Response(status_code=204)
