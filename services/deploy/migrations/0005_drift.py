"""Plans know what had become of the resources when they were made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("mode", sa.Text, nullable=False, server_default="normal"))
    op.add_column("plans", sa.Column("resource_drift", JSONB, nullable=False, server_default="[]"))
