"""Evaluations of alert rules: on request at any time, and in the background at the present time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.monitor import published
from services.monitor.domain import expressions
from services.monitor.domain.alerts import INACTIVE, Alert, AlertState, Operator, Timing, holds, step
from services.monitor.domain.expressions import Value
from services.monitor.domain.labels import fingerprint
from services.monitor.operations.rules import expression_of
from services.monitor.ports import Ports
from services.monitor.repository import AlertRepository, RuleRepository, SeriesRepository, tenants_with_rules
from services.monitor.tables import AlertRow, Rule
from shared.events.processing import TransactionRunner
from shared.infra.db.sqlalchemy import touch
from shared.kernel.context import service_context
from shared.kernel.tracing import Work
from shared.utils.ids import new_id

NO_DATA, OK = "no_data", "ok"
TELL: Mapping[AlertState, Callable[[Session, Rule, AlertRow], None]] = {
    AlertState.PENDING: published.alert_pending,
    AlertState.FIRING: published.alert_firing,
    AlertState.RESOLVED: published.alert_resolved,
    AlertState.INACTIVE: published.alert_cleared,
}
"""How it is told that an alert became so; one that is inactive again never fired."""


@dataclass(frozen=True)
class Transition:
    """An alert that became something else."""

    rule_id: str
    alert_id: str
    state: AlertState


@dataclass(frozen=True)
class Evaluation:
    """All rules of a tenant, evaluated once."""

    at: datetime
    rules: Sequence[Rule]
    transitions: Sequence[Transition]


def evaluate(session: Session, at: datetime) -> Evaluation:
    """Evaluate the rules of the context's tenant at a time; the number of queries doesn't grow with rules or series."""
    rules = RuleRepository(session).all_locked()
    if not rules:
        return Evaluation(at, [], [])
    computed = {rule.id: expression_of(rule) for rule in rules}
    names = set().union(*(expression.metrics for expression in computed.values()))
    lookback = max(expression.lookback for expression in computed.values())
    series = SeriesRepository(session).between(names, at - lookback, at)
    book = _AlertBook(session, at, rules)
    for rule in rules:
        values = expressions.evaluate(computed[rule.id], series, at)
        rule.health = _health([book.apply(rule, value) for value in values])
    session.flush()
    return Evaluation(at, rules, book.publish())


def _health(states: Iterable[AlertState | None]) -> str:
    """The gravest state of a rule's alerts. No data is not "ok"."""
    known = {state for state in states if state is not None}
    for state in (AlertState.FIRING, AlertState.PENDING):
        if state in known:
            return state.value
    return OK if known else NO_DATA


class _AlertBook:
    """The open alerts of the rules, and what an evaluation changes of them."""

    def __init__(self, session: Session, at: datetime, rules: Sequence[Rule]) -> None:
        self._session = session
        self._at = at
        self._open = AlertRepository(session).open([rule.id for rule in rules])
        self._changed: list[tuple[Rule, AlertRow, AlertState]] = []

    def apply(self, rule: Rule, found: Value) -> AlertState | None:
        """Take one value of a rule in; the state of its alert, None without data."""
        labels = {**found.labels, "alertname": rule.name, "severity": rule.severity}
        identity = fingerprint(rule.id, labels)
        row = self._open.get((rule.id, identity))
        before = _alert(row) if row is not None else INACTIVE
        condition = holds(found.value, Operator(rule.operator), rule.threshold)
        timing = Timing(timedelta(seconds=rule.for_seconds), timedelta(seconds=rule.keep_firing_for_seconds))
        after = step(before, condition, self._at, timing)
        if row is None and after.state is not AlertState.INACTIVE:
            row = self._begin(rule, identity, labels)
        if row is not None:
            self._note(rule, row, before, after, found.value)
        return None if condition is None else after.state

    def _begin(self, rule: Rule, identity: str, labels: dict[str, str]) -> AlertRow:
        row = AlertRow(
            id=new_id("alert"),
            tenant_id=rule.tenant_id,
            version=0,
            rule_id=rule.id,
            fingerprint=identity,
            labels=labels,
        )
        self._open[(rule.id, identity)] = row
        return row

    def _note(self, rule: Rule, row: AlertRow, before: Alert, after: Alert, value: float | None) -> None:
        if value is not None:
            row.value = value
        if after.active_at is not None:
            row.active_at = after.active_at
        row.state, row.fired_at, row.resolved_at = after.state, after.fired_at, after.resolved_at
        row.last_held_at = after.last_held_at
        if after.state is not before.state:
            touch(row)
            self._changed.append((rule, row, after.state))
            if before.state is AlertState.INACTIVE:
                self._session.add(row)

    def publish(self) -> list[Transition]:
        """Tell of every alert that became something else; forget those that never fired."""
        for rule, row, state in self._changed:
            TELL[state](self._session, rule, row)
            if state is AlertState.INACTIVE:
                AlertRepository(self._session).remove(row)
        return [Transition(rule.id, row.id, state) for rule, row, state in self._changed]


def _alert(row: AlertRow) -> Alert:
    return Alert(AlertState(row.state), row.active_at, row.fired_at, row.resolved_at, row.last_held_at)


def evaluate_all(transactions: TransactionRunner, ports: Ports) -> None:
    """Evaluate every tenant's rules at the present time, one transaction a tenant."""
    for tenant_id in transactions.run(tenants_with_rules):
        with service_context("monitor", tenant_id, ports.clock, work=Work("evaluate rules")):
            transactions.run(lambda session: evaluate(session, ports.clock.now()))
