"""Where tenants stand: the backends of suspended ones aren't checked."""

from alembic import op

from shared.events.standings import TABLE_SQL

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE_SQL)


def downgrade() -> None:
    op.execute("DROP TABLE tenant_standings")
