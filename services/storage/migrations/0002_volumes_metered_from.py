"""Volumes say from when on they are metered, as everything that is metered does."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE volumes RENAME COLUMN metered_until TO metered_from")


def downgrade() -> None:
    op.execute("ALTER TABLE volumes RENAME COLUMN metered_from TO metered_until")
