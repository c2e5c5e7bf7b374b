"""Turns: which of a tenant's rules one evaluation takes, so that no tenant's rules keep another's waiting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from services.monitor.domain.expressions import Aggregation, Expression, Series
from services.monitor.domain.labels import matches
from services.monitor.domain.series import window
from services.monitor.operations.rules import expression_of
from services.monitor.repository import SeriesRepository
from services.monitor.tables import Rule

DELAYED, ERROR = "delayed", "error"
"""The health of a rule whose turn comes in a later evaluation, and of one that would read more than any rule may."""
MAX_WORK = 2_000_000
"""Values that the rules of one tenant may look at in an evaluation: a second or two of computing."""
ALERT_WORK = 100
"""What a value that a rule computes costs, with the alert that is looked for or made, in values looked at."""
COUNTING = 8
"""How many times quicker samples are counted than read and computed with."""
A_VALUE_A_SERIES = (Aggregation.LAST, Aggregation.RATE, Aggregation.INCREASE)


@dataclass(frozen=True)
class Turn:
    """What an evaluation takes: the series that each rule reads, by the rule's id, and the health of those left out."""

    series: Mapping[str, Sequence[Series]]
    left_out: Mapping[str, str]


def take(session: Session, rules: Sequence[Rule], at: datetime, limit: int) -> Turn:
    """What fits into one evaluation: at most `limit` samples are read, and `MAX_WORK` values looked at.

    It goes in turn: from the first rule on that doesn't fit any more, rules are delayed. One that alone would read more
    than `limit` samples is an error, and none of those is read.
    """
    computed = {rule.id: expression_of(rule) for rule in in_turn(rules)}
    repository = SeriesRepository(session)
    left_out: dict[str, str] = {}
    if repository.size(starts(computed.values(), at), at, limit) > limit:
        left_out = _not_read(repository, computed, at, limit)
    fitting = {id: each for id, each in computed.items() if id not in left_out}
    found = repository.read(starts(fitting.values(), at), at) if fitting else {}
    taken = within_work(fitting, found, at)
    return Turn(taken, {**left_out, **{id: DELAYED for id in fitting if id not in taken}})


def in_turn(rules: Iterable[Rule]) -> list[Rule]:
    """Rules in the order in which they are evaluated: those that wait, the longest first, before the others."""
    return sorted(rules, key=lambda rule: (rule.delayed_at or datetime.max.replace(tzinfo=UTC), rule.id))


def within_work(
    computed: Mapping[str, Expression], found: Mapping[str, Sequence[Series]], at: datetime
) -> dict[str, list[Series]]:
    """The first of the rules that may be computed together, and always one, with the series that each reads."""
    taken: dict[str, list[Series]] = {}
    room = MAX_WORK
    for id, expression in computed.items():
        series = [each for name in expression.metrics for each in found[name]]
        room -= work(expression, series, at)
        if room < 0 and taken:
            break
        taken[id] = series
    return taken


def work(expression: Expression, series: Sequence[Series], at: datetime) -> int:
    """What an expression costs: series that are matched, samples in their windows, and values that come out."""
    matching = [each for each in series if matches(expression.matchers, each.labels)]
    samples = sum(len(window(each.samples, at, expression.lookback)) for each in matching)
    values = len(matching) if expression.aggregation in A_VALUE_A_SERIES else 1
    return len(series) + samples + ALERT_WORK * values


def starts(computed: Iterable[Expression], at: datetime) -> dict[str, datetime]:
    """From when on each metric is read."""
    first: dict[str, datetime] = {}
    for expression in computed:
        for name in expression.metrics:
            first[name] = min(first.get(name, at), at - expression.lookback)
    return first


def _not_read(
    repository: SeriesRepository, computed: Mapping[str, Expression], at: datetime, limit: int
) -> dict[str, str]:
    """The health of those rules for which there is no room, when all together would read more than `limit` samples.

    What several rules read takes room once. So does counting what is an error in the end, or else the samples of many
    such rules would be counted in one evaluation.
    """
    known: dict[tuple[tuple[str, datetime], ...], str | None] = {}
    left_out: dict[str, str] = {}
    room = limit
    for id, expression in computed.items():
        wanted = starts([expression], at)
        key = tuple(sorted(wanted.items()))
        if key not in known and room > 0:
            size = repository.size(wanted, at, limit)
            known[key] = ERROR if size > limit else DELAYED if size > room else None
            room -= size if known[key] is None else room if known[key] == DELAYED else -(-limit // COUNTING)
        if health := known.get(key, DELAYED):
            left_out[id] = health
    return left_out
