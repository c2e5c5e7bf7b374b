"""Alert rules: what is computed, and from which value on it is trouble."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.monitor import published
from services.monitor.domain import expressions
from services.monitor.domain.errors import InvalidQuery, InvalidRule, RuleLimitReached
from services.monitor.domain.expressions import Aggregation, Expression
from services.monitor.domain.labels import Labels
from services.monitor.ports import Ports
from services.monitor.repository import AlertRepository, RuleRepository
from services.monitor.tables import Rule
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
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


def labels_of(rule: Rule, series: Labels) -> dict[str, str]:
    """The labels of a rule's alert about a series; the rule's own come on top."""
    return {**series, "alertname": rule.name, "severity": rule.severity}


def create_rule(session: Session, ports: Ports, values: Mapping[str, Any]) -> Rule:
    """A new alert rule. Raises InvalidRule, RuleExists or RuleLimitReached."""
    limit = ports.settings.max_rules
    if RuleRepository(session).count() >= limit:
        raise RuleLimitReached(f"there are {limit} alert rules, as many as there may be", limit=limit)
    rule = Rule(id=new_id("rule"), tenant_id=current_tenant(), version=1, health=UNKNOWN, **values)
    _check_rule(rule)
    RuleRepository(session).create(rule)
    published.rule_created(session, rule)
    return rule


def change_rule(session: Session, id: str, changes: Mapping[str, Any], expected: EntityTags | None) -> Rule:
    """Change a rule; its open alerts go on under it, with its new severity.

    Raises NotFound, VersionConflict or InvalidRule.
    """
    rule = RuleRepository(session).get(id, lock=True)
    check_version(rule, expected)
    for name, value in changes.items():
        setattr(rule, name, value)
    _check_rule(rule)
    touch(rule)
    for alert in AlertRepository(session).of_rule(rule):
        alert.labels = labels_of(rule, alert.labels)
    published.rule_updated(session, rule)
    return rule


def delete_rule(session: Session, id: str, expected: EntityTags | None) -> None:
    """Remove a rule and its alerts. Raises NotFound or VersionConflict."""
    rule = RuleRepository(session).get(id, lock=True)
    check_version(rule, expected)
    _end_rule(session, rule)


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
