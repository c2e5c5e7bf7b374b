"""Applies are graphs of steps, each a task of its own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHANGES = """
UPDATE apply_steps SET node = address, change = (
    SELECT each FROM applies JOIN plans ON plans.id = applies.plan_id, jsonb_array_elements(plans.changes) AS each
    WHERE applies.id = apply_steps.apply_id AND each ->> 'address' = apply_steps.address
)
"""
"""Steps of before are nodes that need nothing: those that haven't ended are taken as they are."""


def upgrade() -> None:
    op.alter_column("applies", "dispatched_at", new_column_name="moved_at")
    op.add_column("applies", sa.Column("existing", JSONB, nullable=False, server_default="{}"))
    op.drop_index("applies_undispatched", "applies")
    unfinished = sa.text("state IN ('queued', 'running')")
    op.create_index("applies_unfinished", "applies", ["moved_at"], postgresql_where=unfinished)
    op.add_column("apply_steps", sa.Column("node", sa.Text))
    op.add_column("apply_steps", sa.Column("needs", JSONB, nullable=False, server_default="[]"))
    op.add_column("apply_steps", sa.Column("change", JSONB))
    for count in ("dispatches", "attempts"):
        op.add_column("apply_steps", sa.Column(count, sa.Integer, nullable=False, server_default="0"))
    op.add_column("apply_steps", sa.Column("dispatched_at", sa.DateTime(timezone=True)))
    op.add_column("apply_steps", sa.Column("tainted", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(sa.text(CHANGES))
    op.alter_column("apply_steps", "node", nullable=False)
    op.alter_column("apply_steps", "change", nullable=False)
    op.drop_constraint("apply_steps_address", "apply_steps")
    op.create_unique_constraint("apply_steps_node", "apply_steps", ["apply_id", "node"])


def downgrade() -> None:
    op.drop_constraint("apply_steps_node", "apply_steps")
    op.create_unique_constraint("apply_steps_address", "apply_steps", ["apply_id", "address"])
    for column in ("node", "needs", "change", "dispatches", "attempts", "dispatched_at", "tainted"):
        op.drop_column("apply_steps", column)
    op.drop_index("applies_unfinished", "applies")
    op.drop_column("applies", "existing")
    op.alter_column("applies", "moved_at", new_column_name="dispatched_at")
    undispatched = sa.text("dispatched_at IS NULL")
    op.create_index("applies_undispatched", "applies", ["id"], postgresql_where=undispatched)
