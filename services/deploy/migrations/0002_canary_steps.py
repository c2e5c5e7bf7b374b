"""A canary's step begins once its replicas are ready, and its replicas move within bounds of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BOUNDS = """
UPDATE deployments SET strategy = '{"max_surge": "25%", "max_unavailable": "25%"}'::jsonb || strategy
WHERE strategy ->> 'type' = 'canary'
"""


def upgrade() -> None:
    op.add_column("deployments", sa.Column("step_ready", sa.Boolean, nullable=False, server_default=sa.true()))
    op.execute(sa.text(BOUNDS))


def downgrade() -> None:
    op.drop_column("deployments", "step_ready")
