"""Load balancers are metered while they live; those that exist already, from their creation on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("load_balancers", sa.Column("metered_from", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE load_balancers SET metered_from = created_at")
    op.alter_column("load_balancers", "metered_from", nullable=False)


def downgrade() -> None:
    op.drop_column("load_balancers", "metered_from")
