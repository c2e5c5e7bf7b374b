"""What audit tells of its own doings, into the trail itself."""

from __future__ import annotations

from typing import Any

from django.db import connection

from services.audit.models import LegalHold, Retention
from shared.events import publish
from shared.utils.ids import new_id

REMOVAL = "audit.removal"
"""What the events of removals are called."""


def retention_changed(retention: Retention) -> None:
    """Records are kept for another time from now on."""
    _publish("audit.retention.changed", retention.id, {"days": retention.days}, retention.version)


def legal_hold_placed(hold: LegalHold) -> None:
    """Some records are kept whatever their age."""
    _publish("audit.legal_hold.placed", hold.id, _hold(hold), hold.version)


def legal_hold_released(hold: LegalHold) -> None:
    """They are kept no longer than others."""
    _publish("audit.legal_hold.released", hold.id, _hold(hold), hold.version)


def removal_announced(up_to: int, records: int, days: int, covered: dict[str, Any]) -> None:
    """The first records, older than they are kept, will be gone; the next checkpoint says so under its signature."""
    data = {"up_to": up_to, "records": records, "days": days, "covered": covered}
    _publish("audit.removal.announced", new_id("rem"), data, 1)


def _hold(hold: LegalHold) -> dict[str, Any]:
    return {
        "reason": hold.reason,
        "subject": hold.subject,
        "actor": hold.actor,
        "from": hold.begins_at,
        "to": hold.ends_at,
    }


def _publish(kind: str, subject: str, data: dict[str, Any], sequence: int) -> None:
    publish(connection, kind, subject=subject, data={"id": subject, **data}, sequence=sequence)
