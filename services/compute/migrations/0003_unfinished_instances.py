"""An index of the instances that wait for the platform: they are looked for every few seconds."""

from alembic import op

revision = "0003"
down_revision = "0002"

INDEX = """
CREATE INDEX instances_unfinished ON instances (updated_at)
WHERE state IN ('pending', 'provisioning', 'starting', 'stopping', 'updating', 'deleting');
"""


def upgrade() -> None:
    op.execute(INDEX)
