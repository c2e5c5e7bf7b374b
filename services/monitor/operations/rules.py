"""Alert rules: what is computed, and from which value on it is trouble."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.monitor import published
from services.monitor.domain import expressions
from services.monitor.domain.errors import InvalidQuery, InvalidRule
from services.monitor.domain.expressions import Aggregation, Expression
from services.monitor.repository import RuleRepository
from services.monitor.tables import Rule
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

UNKNOWN = "unknown"
"""The health of a rule that was not evaluated yet."""


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
    published.rule_created(session, rule)
    return rule


def change_rule(session: Session, id: str, changes: Mapping[str, Any], expected: int | None) -> Rule:
    """Change a rule; its open alerts go on under it. Raises NotFound, VersionConflict or InvalidRule."""
    rule = RuleRepository(session).get(id, lock=True)
    check_version(rule, expected)
    for name, value in changes.items():
        setattr(rule, name, value)
    _check_rule(rule)
    touch(rule)
    published.rule_updated(session, rule)
    return rule


def delete_rule(session: Session, id: str) -> None:
    """Remove a rule and its alerts. Raises NotFound."""
    _end_rule(session, RuleRepository(session).get(id, lock=True))


def delete_rules(session: Session) -> None:
    """Remove all rules of the tenant and their alerts."""
    for rule in RuleRepository(session).all_locked():
        _end_rule(session, rule)


def _check_rule(rule: Rule) -> None:
    try:
        expressions.check(expression_of(rule))
    except InvalidQuery as error:
        raise InvalidRule(error.detail) from error


def _end_rule(session: Session, rule: Rule) -> None:
    touch(rule)
    published.rule_deleted(session, rule)
    RuleRepository(session).remove(rule)
