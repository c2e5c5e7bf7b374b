"""What monitor publishes."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.monitor.domain.alerts import AlertState
from services.monitor.tables import AlertRow, Rule, Silence
from shared.events import publish

RULE_FACTS = ("id", "name", "metric", "aggregation", "operator", "threshold", "for_seconds", "severity")

ALERT_EVENTS = {
    AlertState.PENDING: "monitor.alert.pending",
    AlertState.FIRING: "monitor.alert.firing",
    AlertState.RESOLVED: "monitor.alert.resolved",
    AlertState.INACTIVE: "monitor.alert.cleared",
}


def rule_event(session: Session, kind: str, rule: Rule) -> None:
    """Tell that something happened to a rule."""
    _publish(session, kind, rule, {**{name: getattr(rule, name) for name in RULE_FACTS}, "labels": dict(rule.labels)})


def alert_event(session: Session, rule: Rule, alert: AlertRow, state: AlertState) -> None:
    """Tell what became of an alert; one that cleared before it fired was never resolved."""
    data = {
        "id": alert.id,
        "rule_id": rule.id,
        "rule": rule.name,
        "severity": rule.severity,
        "fingerprint": alert.fingerprint,
        "labels": dict(alert.labels),
        "value": alert.value,
        "active_at": alert.active_at.isoformat(),
    }
    _publish(session, ALERT_EVENTS[state], alert, data)


def silence_event(session: Session, kind: str, silence: Silence) -> None:
    """Tell that something happened to a silence."""
    data = {
        "id": silence.id,
        "matchers": dict(silence.matchers),
        "starts_at": silence.starts_at.isoformat(),
        "ends_at": silence.ends_at.isoformat(),
        "comment": silence.comment,
    }
    _publish(session, kind, silence, data)


def _publish(session: Session, kind: str, row: Rule | AlertRow | Silence, data: dict[str, Any]) -> None:
    publish(session, kind, subject=row.id, data=data, sequence=row.version)
