"""What monitor tells: rules, silences and the lives of alerts. Samples are measurements, and no events."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.monitor.tables import AlertRow, Rule, Silence
from shared.events import publish

RULE_FACTS = ("id", "name", "metric", "aggregation", "operator", "threshold", "for_seconds", "severity")


def rule_created(session: Session, rule: Rule) -> None:
    """Tell what a new rule watches."""
    _publish(session, "monitor.rule.created", rule, _rule(rule))


def rule_updated(session: Session, rule: Rule) -> None:
    """Tell what a rule watches from now on."""
    _publish(session, "monitor.rule.updated", rule, _rule(rule))


def rule_deleted(session: Session, rule: Rule) -> None:
    """Tell what is no longer watched."""
    _publish(session, "monitor.rule.deleted", rule, _rule(rule))


def alert_pending(session: Session, rule: Rule, alert: AlertRow) -> None:
    """Tell that a rule's condition holds, not yet for long enough."""
    _publish(session, "monitor.alert.pending", alert, _alert(rule, alert))


def alert_firing(session: Session, rule: Rule, alert: AlertRow) -> None:
    """Tell that a rule's condition has held for long enough."""
    _publish(session, "monitor.alert.firing", alert, _alert(rule, alert))


def alert_resolved(session: Session, rule: Rule, alert: AlertRow) -> None:
    """Tell that an alert that fired is over."""
    _publish(session, "monitor.alert.resolved", alert, _alert(rule, alert))


def alert_cleared(session: Session, rule: Rule, alert: AlertRow) -> None:
    """Tell that an alert was over before it fired; it was never resolved."""
    _publish(session, "monitor.alert.cleared", alert, _alert(rule, alert))


def silence_created(session: Session, silence: Silence) -> None:
    """Tell which alerts notify nobody for a while."""
    _publish(session, "monitor.silence.created", silence, _silence(silence))


def silence_deleted(session: Session, silence: Silence) -> None:
    """Tell which alerts notify again."""
    _publish(session, "monitor.silence.deleted", silence, _silence(silence))


def _rule(rule: Rule) -> dict[str, Any]:
    return {**{name: getattr(rule, name) for name in RULE_FACTS}, "labels": dict(rule.labels)}


def _alert(rule: Rule, alert: AlertRow) -> dict[str, Any]:
    return {
        "id": alert.id,
        "rule_id": rule.id,
        "rule": rule.name,
        "severity": rule.severity,
        "fingerprint": alert.fingerprint,
        "labels": dict(alert.labels),
        "value": alert.value,
        "active_at": alert.active_at.isoformat(),
    }


def _silence(silence: Silence) -> dict[str, Any]:
    return {
        "id": silence.id,
        "matchers": dict(silence.matchers),
        "starts_at": silence.starts_at.isoformat(),
        "ends_at": silence.ends_at.isoformat(),
        "comment": silence.comment,
    }


def _publish(session: Session, kind: str, row: Rule | AlertRow | Silence, data: dict[str, Any]) -> None:
    publish(session, kind, subject=row.id, data=data, sequence=row.version)
