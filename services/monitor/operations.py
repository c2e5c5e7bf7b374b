"""Samples, rules and silences. Each runs in the transaction of its request, its events included.

Samples are measurements, not changes of anything, and so no events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.monitor import telling
from services.monitor.domain import expressions
from services.monitor.domain.errors import CardinalityExceeded, InvalidQuery, InvalidRule, InvalidSample
from services.monitor.domain.expressions import Aggregation, Expression, Value
from services.monitor.domain.labels import Labels, check_series, fingerprint
from services.monitor.ports import Ports
from services.monitor.repository import RuleRepository, SeriesRepository, SilenceRepository, forget_tenant
from services.monitor.tables import Rule, Silence
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

MAX_AHEAD = timedelta(minutes=10)
"""How far a sample may lie in the future; clocks of machines differ by less."""
MAX_POINTS = 11_000
"""Points of one series in an answer, as Prometheus limits them."""
UNKNOWN = "unknown"
"""The health of a rule that was not evaluated yet."""


def ingest(session: Session, ports: Ports, samples: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Keep samples: all of them or, when one is refused, none. A sample that is kept already is counted as duplicate.

    Raises InvalidSample or CardinalityExceeded.
    """
    latest = ports.clock.now() + MAX_AHEAD
    named: dict[str, tuple[str, Labels]] = {}
    values: dict[tuple[str, datetime], float] = {}
    for sample in samples:
        name, labels = sample["name"], {label: text for label, text in sample["labels"].items() if text}
        check_series(name, labels)
        if sample["timestamp"] > latest:
            raise InvalidSample(f"a sample of {name} lies in the future", timestamp=sample["timestamp"].isoformat())
        series = fingerprint(name, labels)
        named[series] = (name, labels)
        values.setdefault((series, sample["timestamp"]), sample["value"])
    ids = _series_ids(session, ports, named)
    accepted = SeriesRepository(session).record({(ids[series], at): value for (series, at), value in values.items()})
    return {"accepted": accepted, "duplicates": len(samples) - accepted}


def _series_ids(session: Session, ports: Ports, named: Mapping[str, tuple[str, Labels]]) -> dict[str, str]:
    """The ids of series by fingerprint; those that don't exist are made, within the limit."""
    repository = SeriesRepository(session)
    ids = repository.ids(named)
    if len(ids) < len(named):
        repository.lock_catalogue()
        ids = repository.ids(named)
        new = {series: named[series] for series in named if series not in ids}
        _check_cardinality(repository, new, ports.settings.max_series_per_metric)
        if new:
            ids |= repository.create(new)
    return ids


def _check_cardinality(repository: SeriesRepository, new: Mapping[str, tuple[str, Labels]], limit: int) -> None:
    wanted = Counter(name for name, _ in new.values())
    present = repository.counts(wanted)
    for name, count in wanted.items():
        if present.get(name, 0) + count > limit:
            raise CardinalityExceeded(f"{name} would have more than {limit} series", metric=name, limit=limit)


def query_range(
    session: Session, expression: Expression, start: datetime, end: datetime, step: timedelta
) -> list[tuple[Labels, list[tuple[datetime, float]]]]:
    """The values of an expression at start, start + step, … up to end, by labels. Raises InvalidQuery."""
    expressions.check(expression)
    if end < start or (end - start) / step > MAX_POINTS:
        raise InvalidQuery(f"from start to end there must be 0 to {MAX_POINTS} steps")
    series = SeriesRepository(session).between(expression.metrics, start - expression.lookback, end)
    points: dict[str, list[tuple[datetime, float]]] = {}
    labels: dict[str, Labels] = {}
    at = start
    while at <= end:
        for found in expressions.evaluate(expression, series, at):
            _collect(found, at, points, labels)
        at += step
    return [(labels[key], points[key]) for key in points]


def _collect(
    found: Value, at: datetime, points: dict[str, list[tuple[datetime, float]]], labels: dict[str, Labels]
) -> None:
    if found.value is None:
        return
    key = fingerprint("", found.labels)
    labels[key] = found.labels
    points.setdefault(key, []).append((at, found.value))


def expression_of(rule: Rule) -> Expression:
    """What a rule computes."""
    return Expression(
        metric=rule.metric,
        matchers=rule.labels,
        aggregation=Aggregation(rule.aggregation),
        window=timedelta(seconds=rule.window_seconds),
        quantile=rule.quantile,
        total_metric=rule.total_metric,
        objective=rule.objective,
    )


def create_rule(session: Session, values: Mapping[str, Any]) -> Rule:
    """A new alert rule. Raises InvalidRule or RuleExists."""
    rule = Rule(id=new_id("rule"), tenant_id=current_tenant(), version=1, health=UNKNOWN, **values)
    _check_rule(rule)
    RuleRepository(session).create(rule)
    telling.rule_event(session, "monitor.rule.created", rule)
    return rule


def change_rule(session: Session, id: str, changes: Mapping[str, Any], expected: int | None) -> Rule:
    """Change a rule; its open alerts go on under it. Raises NotFound, VersionConflict or InvalidRule."""
    rule = RuleRepository(session).get(id, lock=True)
    check_version(rule, expected)
    for name, value in changes.items():
        setattr(rule, name, value)
    _check_rule(rule)
    touch(rule)
    telling.rule_event(session, "monitor.rule.updated", rule)
    return rule


def delete_rule(session: Session, id: str) -> None:
    """Remove a rule and its alerts. Raises NotFound."""
    _end_rule(session, RuleRepository(session).get(id, lock=True))


def create_silence(session: Session, values: Mapping[str, Any]) -> Silence:
    """A new silence. Raises InvalidRule when it would silence everything or nothing."""
    if not values["matchers"] or values["ends_at"] <= values["starts_at"]:
        raise InvalidRule("a silence has at least one matcher, and ends after it starts")
    silence = SilenceRepository(session).add(
        Silence(id=new_id("silence"), tenant_id=current_tenant(), version=1, **values)
    )
    telling.silence_event(session, "monitor.silence.created", silence)
    return silence


def delete_silence(session: Session, id: str) -> None:
    """End a silence. Raises NotFound."""
    silence = SilenceRepository(session).get(id, lock=True)
    touch(silence)
    telling.silence_event(session, "monitor.silence.deleted", silence)
    SilenceRepository(session).remove(silence)


def delete_all(session: Session) -> None:
    """Leave nothing of the context's tenant behind."""
    for rule in RuleRepository(session).all_locked():
        _end_rule(session, rule)
    forget_tenant(session)


def _check_rule(rule: Rule) -> None:
    try:
        expressions.check(expression_of(rule))
    except InvalidQuery as error:
        raise InvalidRule(error.detail) from error


def _end_rule(session: Session, rule: Rule) -> None:
    touch(rule)
    telling.rule_event(session, "monitor.rule.deleted", rule)
    RuleRepository(session).remove(rule)
