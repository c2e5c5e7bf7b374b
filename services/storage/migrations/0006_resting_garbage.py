"""Content that was readable rests before it goes: somebody may be reading it."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # The default is for what is there, and for what a process of the version before still writes: it may be being read.
    op.execute("ALTER TABLE garbage_blobs ADD COLUMN rests_from timestamptz DEFAULT now()")
    op.execute("CREATE INDEX garbage_blobs_rests_from ON garbage_blobs (rests_from NULLS FIRST)")


def downgrade() -> None:
    op.execute("DROP INDEX garbage_blobs_rests_from")
    op.execute("ALTER TABLE garbage_blobs DROP COLUMN rests_from")
