"""The platform's tables, series and samples, alert rules, alerts and silences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.web.tables import PLATFORM_TABLES_SQL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def tenant_table(name: str, *columns: sa.schema.SchemaItem) -> None:
    """A table with the columns that every tenant-owned table has."""
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        *columns,
    )
    op.create_index(f"{name}_tenant", name, ["tenant_id", "id"])


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def moment(name: str, *, nullable: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def real(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def labels(name: str) -> sa.Column[JSONB]:
    return sa.Column(name, JSONB, nullable=False)


def upgrade() -> None:
    op.execute(PLATFORM_TABLES_SQL)
    tenant_table(
        "series",
        text("name"),
        labels("labels"),
        text("fingerprint"),
        sa.UniqueConstraint("tenant_id", "fingerprint", name="series_once"),
    )
    op.create_index("series_metric", "series", ["tenant_id", "name"])
    op.create_table(
        "samples",
        sa.Column("series_id", sa.Text, sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        real("value"),
    )
    tenant_table(
        "alert_rules",
        text("name"),
        text("metric"),
        sa.Column("total_metric", sa.Text),
        real("objective", nullable=True),
        labels("labels"),
        text("aggregation"),
        real("quantile", nullable=True),
        number("window_seconds"),
        text("operator"),
        real("threshold"),
        number("for_seconds"),
        number("keep_firing_for_seconds"),
        text("severity"),
        text("health"),
        sa.UniqueConstraint("tenant_id", "name", name="rule_name_once"),
    )
    tenant_table(
        "alerts",
        sa.Column("rule_id", sa.Text, sa.ForeignKey("alert_rules.id", ondelete="CASCADE"), nullable=False),
        text("fingerprint"),
        labels("labels"),
        text("state"),
        real("value"),
        moment("active_at"),
        moment("fired_at", nullable=True),
        moment("resolved_at", nullable=True),
        moment("last_held_at", nullable=True),
    )
    op.create_index(
        "alerts_open",
        "alerts",
        ["rule_id", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("state IN ('pending', 'firing')"),
    )
    op.create_index("alerts_newest", "alerts", ["tenant_id", "active_at", "id"])
    tenant_table(
        "silences",
        labels("matchers"),
        moment("starts_at"),
        moment("ends_at"),
        text("comment"),
    )


def downgrade() -> None:
    for table in ("silences", "alerts", "alert_rules", "samples", "series"):
        op.drop_table(table)
