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
from services.monitor.domain.series import STALENESS
from services.monitor.operations import turns
from services.monitor.operations.rules import expression_of, labels_of
from services.monitor.ports import Ports
from services.monitor.repository import (
    OPEN_STATES,
    AlertRepository,
    RuleRepository,
    tenants_with_rules,
)
from services.monitor.tables import AlertRow, Rule
from shared.events.processing import TransactionRunner
from shared.infra.db.sqlalchemy import touch
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work
from shared.utils.ids import new_id

log = logger("services.monitor")

NO_DATA, OK = "no_data", "ok"
"""The health of a rule without open alerts: without data, or with some."""
REPLAY_PAUSE = timedelta(minutes=1)
"""For how long after a replay a rule isn't evaluated at the present time: in between, the present would be taken for
what comes next in the replayed story."""
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


def evaluate(session: Session, ports: Ports, at: datetime) -> Evaluation:
    """Evaluate the rules of the context's tenant at a time; as long as all of them fit into one evaluation, the number
    of queries doesn't grow with rules or series.

    Another time than the present is a replay: the rules' alerts live at that time, until no more is replayed for a
    while (`REPLAY_PAUSE`). A rule that would read too many samples isn't evaluated, nor is one that doesn't fit into
    this evaluation and comes first in the next; their health says so.
    """
    rules = RuleRepository(session).all_locked()
    now = ports.clock.now()
    if abs(now - at) > STALENESS:
        for rule in rules:
            rule.replayed_at = now
    return _evaluate(session, ports, rules, at)


def evaluate_present(session: Session, ports: Ports) -> Evaluation:
    """Evaluate those of the tenant's rules that are neither being replayed nor changed, at the present time.

    It waits for nobody: the next evaluation comes soon, and other tenants' come after this one.
    """
    now = ports.clock.now()
    rules = RuleRepository(session).all_locked(wait=False)
    present = [rule for rule in rules if not _replayed(rule, now)]
    return _evaluate(session, ports, present, now)


def _replayed(rule: Rule, now: datetime) -> bool:
    return rule.replayed_at is not None and abs(now - rule.replayed_at) < REPLAY_PAUSE


def _evaluate(session: Session, ports: Ports, rules: Sequence[Rule], at: datetime) -> Evaluation:
    if not rules:
        return Evaluation(at, [], [])
    turn = turns.take(session, rules, at, ports.settings.max_query_samples)
    book = _AlertBook(session, at, [rule for rule in rules if rule.id in turn.series])
    for rule in rules:
        if rule.id in turn.series:
            values = expressions.evaluate(expression_of(rule), turn.series[rule.id], at)
            rule.health = _health([*(book.apply(rule, value) for value in values), *book.end_unseen(rule)])
        else:
            rule.health = turn.left_out[rule.id]
        rule.delayed_at = (rule.delayed_at or ports.clock.now()) if rule.health == turns.DELAYED else None
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
        self._seen: set[tuple[str, str]] = set()
        self._changed: list[tuple[Rule, AlertRow, AlertState]] = []

    def apply(self, rule: Rule, found: Value) -> AlertState | None:
        """Take one value of a rule in; the state of its alert, None without data and without an alert."""
        labels = labels_of(rule, found.labels)
        identity = fingerprint(rule.id, found.labels)
        self._seen.add((rule.id, identity))
        row = self._open.get((rule.id, identity))
        before = _alert(row) if row is not None else INACTIVE
        condition = holds(found.value, Operator(rule.operator), rule.threshold)
        after = step(before, condition, self._at, _timing(rule))
        if row is None and after.state is not AlertState.INACTIVE:
            row = self._begin(rule, identity, labels)
        if row is not None:
            row.labels = labels
            self._note(rule, row, before, after, found.value)
        return None if condition is None and after.state not in OPEN_STATES else after.state

    def end_unseen(self, rule: Rule) -> list[AlertState]:
        """Let the rule's alerts go whose series are no more; the states of those that are kept firing."""
        unseen = [row for key, row in self._open.items() if key[0] == rule.id and key not in self._seen]
        states: list[AlertState] = []
        for row in unseen:
            before = _alert(row)
            after = step(before, None, self._at, _timing(rule))
            self._note(rule, row, before, after, None)
            states += [after.state] if after.state in OPEN_STATES else []
        return states

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
        row.keep_firing_since, row.held_at = after.keep_firing_since, after.held_at
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


def _timing(rule: Rule) -> Timing:
    return Timing(timedelta(seconds=rule.for_seconds), timedelta(seconds=rule.keep_firing_for_seconds))


def _alert(row: AlertRow) -> Alert:
    times = (row.active_at, row.fired_at, row.resolved_at, row.keep_firing_since, row.held_at)
    return Alert(AlertState(row.state), *times)


def evaluate_all(transactions: TransactionRunner, ports: Ports) -> None:
    """Evaluate every tenant's rules at the present time, one transaction a tenant. One tenant's failure is logged, and
    keeps no other's rules from being evaluated."""
    for tenant_id in transactions.run(tenants_with_rules):
        with service_context("monitor", tenant_id, ports.clock, work=Work("evaluate rules")):
            try:
                transactions.run(lambda session: evaluate_present(session, ports))
            except Exception:
                log.exception("a tenant's rules were not evaluated", tenant_id=tenant_id)
