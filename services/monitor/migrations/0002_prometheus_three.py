"""Alerts fire on from when they were found cleared, stay themselves when a severity changes, and can be replayed."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RULES_OWN = ("alertname", "severity")
"""Labels that an alert has of its rule; until here they were a part of what it was recognised by."""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("alerts", sa.Column("keep_firing_since", moment))
    op.drop_column("alerts", "last_held_at")
    op.add_column("alert_rules", sa.Column("replayed_at", moment))
    op.create_table(
        "stopped_tenants", sa.Column("tenant_id", sa.Text, primary_key=True), sa.Column("closed_at", moment)
    )
    op.create_index("samples_by_time", "samples", ["at"], postgresql_using="brin")
    alerts = sa.table("alerts", *(sa.column(name) for name in ("id", "rule_id", "labels", "state", "fingerprint")))
    found = op.get_bind().execute(sa.select(alerts).where(alerts.c.state.in_(("pending", "firing"))))
    for alert in found.all():
        kept = alerts.update().where(alerts.c.id == alert.id)
        op.execute(kept.values(fingerprint=_fingerprint(alert.rule_id, alert.labels)))


def _fingerprint(rule_id: str, labels: dict[str, str]) -> str:
    series = sorted((name, value) for name, value in labels.items() if value and name not in RULES_OWN)
    text = json.dumps([rule_id, series], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def downgrade() -> None:
    op.drop_table("stopped_tenants")
    op.drop_index("samples_by_time", "samples")
    op.drop_column("alert_rules", "replayed_at")
    op.add_column("alerts", sa.Column("last_held_at", sa.DateTime(timezone=True)))
    op.drop_column("alerts", "keep_firing_since")
