"""Pools that the platform checks itself, and what consistent hashing goes by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, default in (("active_check", "none"), ("check_path", "/"), ("hash_key", "source")):
        op.add_column("pools", sa.Column(name, sa.Text, nullable=False, server_default=default))
    op.add_column("pools", sa.Column("check_timeout_seconds", sa.Float, nullable=False, server_default="1"))
    op.add_column("pools", sa.Column("hash_name", sa.Text, nullable=True))
    for name in ("next_check_at", "checked_at"):
        op.add_column("backends", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("backends", sa.Column("check_result", sa.Text, nullable=True))
    op.create_index(
        "backends_to_check", "backends", ["next_check_at"], postgresql_where=sa.text("next_check_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("backends_to_check", "backends")
    for name in ("check_result", "checked_at", "next_check_at"):
        op.drop_column("backends", name)
    for name in ("hash_name", "check_timeout_seconds", "hash_key", "check_path", "active_check"):
        op.drop_column("pools", name)
