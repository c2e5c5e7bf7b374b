"""Tenants that are closed, for which nothing more is made."""

from alembic import op

from shared.events.closing import TABLE_SQL

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE_SQL)


def downgrade() -> None:
    op.execute("DROP TABLE closed_tenants")
