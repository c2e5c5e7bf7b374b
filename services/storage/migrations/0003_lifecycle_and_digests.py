"""Lifecycle rules run, content has the digests of its pieces, tenants have a standing."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE buckets ADD COLUMN lifecycle_ran_on date")
    op.execute("ALTER TABLE buckets ADD COLUMN lifecycle_after text COLLATE \"C\" NOT NULL DEFAULT ''")
    op.execute("CREATE INDEX buckets_ruled ON buckets (id) WHERE lifecycle <> '[]'::jsonb")
    op.execute("CREATE INDEX uploads_started ON uploads (bucket_id, created_at)")
    op.execute("ALTER TABLE object_versions ADD COLUMN pieces jsonb NOT NULL DEFAULT '[]'::jsonb")
    op.execute("CREATE INDEX object_versions_blob ON object_versions (blob)")
    op.execute("ALTER TABLE upload_parts ADD COLUMN sha256 text NOT NULL DEFAULT ''")
    op.execute(
        "CREATE TABLE tenant_standings (tenant_id text PRIMARY KEY, state text NOT NULL, sequence bigint NOT NULL)"
    )
    op.execute("CREATE TABLE ended_rights (subject text PRIMARY KEY, ended_at timestamptz NOT NULL)")


def downgrade() -> None:
    op.execute("DROP TABLE ended_rights")
    op.execute("DROP TABLE tenant_standings")
    op.execute("ALTER TABLE upload_parts DROP COLUMN sha256")
    op.execute("DROP INDEX object_versions_blob")
    op.execute("ALTER TABLE object_versions DROP COLUMN pieces")
    op.execute("DROP INDEX uploads_started")
    op.execute("DROP INDEX buckets_ruled")
    op.execute("ALTER TABLE buckets DROP COLUMN lifecycle_after")
    op.execute("ALTER TABLE buckets DROP COLUMN lifecycle_ran_on")
