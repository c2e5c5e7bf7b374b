"""Queries: the values of an expression over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from sqlalchemy.orm import Session

from services.monitor.api.common import READ
from services.monitor.domain.errors import InvalidQuery
from services.monitor.domain.expressions import Aggregation, Expression
from services.monitor.operations.queries import query_range
from services.monitor.ports import Ports
from services.monitor.schemas import MAX_SECONDS, Moment, Name, QueryOut
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires
from shared.web.schemas import InDigits

router = ApiRouter()


async def _matchers(label: Annotated[list[str] | None, Query()] = None) -> dict[str, str]:
    """`label=name=value`, as often as there are matchers. Raises InvalidQuery."""
    pairs = [text.partition("=") for text in label or ()]
    if not all(name and equals for name, equals, _ in pairs):
        raise InvalidQuery("a label matcher is name=value")
    return {name: value for name, _, value in pairs}


Matchers = Annotated[dict[str, str], Depends(_matchers)]
Span = Annotated[int, Query(ge=1, le=MAX_SECONDS), InDigits]


@router.get("/query", response_model=QueryOut, dependencies=[requires(READ)])
def query(
    name: Name,
    start: Moment,
    end: Moment,
    matchers: Matchers,
    step: Span = 60,
    aggregation: Aggregation = Aggregation.LAST,
    window: Span = 300,
    quantile: Annotated[float | None, Query(ge=0, le=1)] = None,
    total: str | None = None,
    objective: Annotated[float | None, Query(gt=0, lt=1)] = None,
    ports: Ports = ports_of_app(),
    session: Session = database(),
) -> dict[str, Any]:
    """Values of a metric over time; step and window in seconds."""
    length = timedelta(seconds=window)
    expression = Expression(name, matchers, aggregation, length, quantile, total, objective)
    found = query_range(session, ports, expression, start, end, timedelta(seconds=step))
    series = [
        {"labels": labels, "points": [{"at": at, "value": value} for at, value in points]} for labels, points in found
    ]
    return {"name": name, "aggregation": aggregation, "series": series}
