"""A lifecycle walk knows its day, and where something was held by somebody else."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE buckets ADD COLUMN lifecycle_walked_on date")
    op.execute('ALTER TABLE buckets ADD COLUMN lifecycle_again text COLLATE "C"')


def downgrade() -> None:
    op.execute("ALTER TABLE buckets DROP COLUMN lifecycle_again")
    op.execute("ALTER TABLE buckets DROP COLUMN lifecycle_walked_on")
