"""Rules wait for their turn, where a tenant's don't all fit into one evaluation."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_rules", sa.Column("delayed_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("alert_rules", "delayed_at")
