"""A tenant's samples are counted, as there is a limit of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_counts",
        sa.Column("tenant_id", sa.Text, primary_key=True),
        sa.Column("samples", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO sample_counts (tenant_id, samples)"
        " SELECT tenant_id, count(*) FROM samples JOIN series ON series.id = series_id GROUP BY tenant_id"
    )


def downgrade() -> None:
    op.drop_table("sample_counts")
