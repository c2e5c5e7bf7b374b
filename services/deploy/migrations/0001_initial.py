"""Environments, plans and applies, deployments, and the controllers' fences and heartbeats."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.web.tables import PLATFORM_TABLES_SQL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RUNNING = "state IN ('pending', 'in_progress', 'rolling_back')"


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


def of_environment() -> sa.Column[str]:
    """The environment a row belongs to and goes with."""
    return sa.Column("environment_id", sa.Text, sa.ForeignKey("environments.id", ondelete="CASCADE"), nullable=False)


def numbers(*names: str) -> list[sa.Column[int]]:
    """Integer columns that always have a value."""
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def upgrade() -> None:
    op.execute(PLATFORM_TABLES_SQL)
    tenant_table(
        "environments",
        sa.Column("name", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="environments_name"),
    )
    _create_plans_and_applies()
    _create_deployments()
    op.create_table(
        "fences", sa.Column("name", sa.Text, primary_key=True), sa.Column("token", sa.BigInteger, nullable=False)
    )
    op.create_table(
        "candidates",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("leading", sa.Boolean, nullable=False),
        *numbers("term", "refused_writes"),
        sa.Column("fencing_token", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )


def _create_plans_and_applies() -> None:
    tenant_table(
        "plans",
        of_environment(),
        sa.Column("lineage", sa.Text, nullable=False),
        *numbers("serial"),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("summary", JSONB, nullable=False),
    )
    tenant_table(
        "applies",
        of_environment(),
        sa.Column("plan_id", sa.Text, sa.ForeignKey("plans.id", ondelete="CASCADE"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("serial", sa.Integer),
        sa.Column("lock_held", sa.Boolean, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True)),
    )
    op.create_index("applies_undispatched", "applies", ["id"], postgresql_where=sa.text("dispatched_at IS NULL"))
    op.create_index("applies_locked", "applies", ["environment_id"], postgresql_where=sa.text("lock_held"))
    tenant_table(
        "apply_steps",
        sa.Column("apply_id", sa.Text, sa.ForeignKey("applies.id", ondelete="CASCADE"), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("resource_id", sa.Text),
        sa.Column("reason", sa.Text),
        *numbers("position"),
        sa.UniqueConstraint("apply_id", "address", name="apply_steps_address"),
    )


def _create_deployments() -> None:
    tenant_table(
        "deployments",
        of_environment(),
        *numbers("revision", "replicas", "stable_replicas", "progress_deadline_seconds"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("lock_held", sa.Boolean, nullable=False),
        sa.Column("release", JSONB, nullable=False),
        sa.Column("strategy", JSONB, nullable=False),
        sa.Column("stable_revision", sa.Integer),
        sa.Column("last_progress_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fencing_token", sa.BigInteger, nullable=False),
        *numbers("old", "old_ready", "new", "new_ready", "target_old", "target_new", "traffic", "step"),
        sa.Column("targets_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("switched_at", sa.DateTime(timezone=True)),
        sa.Column("sample_requests", sa.BigInteger, nullable=False),
        sa.Column("sample_errors", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("environment_id", "revision", name="deployments_revision"),
    )
    op.create_index("deployments_running", "deployments", ["id"], postgresql_where=sa.text(RUNNING))
    op.create_index("deployments_locked", "deployments", ["environment_id"], postgresql_where=sa.text("lock_held"))


def downgrade() -> None:
    for table in ("candidates", "fences", "deployments", "apply_steps", "applies", "plans", "environments"):
        op.drop_table(table)
