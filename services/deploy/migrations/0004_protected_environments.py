"""Environments may be protected: deployments to them need a quorum's admission."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("environments", sa.Column("protected", sa.Boolean, nullable=False, server_default=sa.false()))
