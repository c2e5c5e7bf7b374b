"""Buckets, objects and their versions, uploads, volumes, snapshots."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.web.tables import PLATFORM_TABLES_SQL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def tenant_table(name: str, *columns: sa.schema.SchemaItem) -> None:
    """A table with the columns that every tenant-owned table has."""
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        *columns,
    )
    op.create_index(f"{name}_tenant", name, ["tenant_id", "id"])


def upgrade() -> None:
    op.execute(PLATFORM_TABLES_SQL)
    tenant_table(
        "buckets",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("versioning", sa.Text, nullable=False),
        sa.Column("lifecycle", JSONB, nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="buckets_name"),
    )
    tenant_table(
        "objects",
        sa.Column("bucket_id", sa.Text, sa.ForeignKey("buckets.id"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("visible", sa.Boolean, nullable=False),
        sa.UniqueConstraint("bucket_id", "key", name="objects_key"),
    )
    tenant_table(
        "object_versions",
        sa.Column("object_id", sa.Text, sa.ForeignKey("objects.id"), nullable=False),
        sa.Column("version_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("delete_marker", sa.Boolean, nullable=False),
        sa.Column("blob", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("object_id", "version_id", name="object_versions_version"),
        sa.UniqueConstraint("object_id", "position", name="object_versions_position"),
    )
    tenant_table(
        "uploads",
        sa.Column("bucket_id", sa.Text, sa.ForeignKey("buckets.id"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("blob", sa.Text, nullable=False),
        sa.Column("store_upload_id", sa.Text, nullable=False),
    )
    tenant_table(
        "upload_parts",
        sa.Column("upload_id", sa.Text, sa.ForeignKey("uploads.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.UniqueConstraint("upload_id", "number", name="upload_parts_number"),
    )
    op.create_table("garbage_blobs", sa.Column("name", sa.Text, primary_key=True))
    tenant_table(
        "volumes",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size_gib", sa.Integer, nullable=False),
        sa.Column("volume_class", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("instance_id", sa.Text),
        sa.Column("snapshot_id", sa.Text),
        sa.Column("reservations", JSONB, nullable=False),
        sa.Column("metered_until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("volumes_instance", "volumes", ["instance_id"])
    tenant_table(
        "snapshots",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("volume_id", sa.Text, nullable=False),
        sa.Column("size_gib", sa.Integer, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "snapshots", "volumes", "garbage_blobs", "upload_parts", "uploads", "object_versions", "objects", "buckets",
    ):  # fmt: skip
        op.drop_table(table)
