"""The platform's tables, pools, backends, load balancers and their listeners."""

import sqlalchemy as sa
from alembic import op

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


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=default)


def moment(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    op.execute(PLATFORM_TABLES_SQL)
    tenant_table(
        "pools",
        text("name"),
        text("algorithm"),
        number("rise"),
        number("fall"),
        number("check_interval_seconds"),
        number("panic_threshold_percent"),
        number("max_ejected_percent"),
        number("slow_start_seconds"),
        sa.Column("sticky", sa.Boolean, nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="pool_name_once"),
    )
    tenant_table(
        "backends",
        sa.Column("pool_id", sa.Text, sa.ForeignKey("pools.id", ondelete="CASCADE"), nullable=False),
        text("address"),
        number("port"),
        number("weight"),
        text("state"),
        sa.Column("healthy", sa.Boolean, nullable=False, server_default=sa.true()),
        number("contrary_checks", "0"),
        number("current_weight", "0"),
        number("connections", "0"),
        number("failures", "0"),
        number("ejections", "0"),
        moment("ejected_until"),
        moment("admitted_at"),
        sa.UniqueConstraint("pool_id", "address", "port", name="backend_once"),
        sa.CheckConstraint("connections >= 0", name="backend_connections_not_negative"),
    )
    op.create_index("backends_pool", "backends", ["pool_id"])
    tenant_table(
        "load_balancers", text("name"), sa.UniqueConstraint("tenant_id", "name", name="load_balancer_name_once")
    )
    op.create_table(
        "listeners",
        sa.Column(
            "load_balancer_id", sa.Text, sa.ForeignKey("load_balancers.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("port", sa.Integer, primary_key=True),
        text("protocol"),
        sa.Column("pool_id", sa.Text, sa.ForeignKey("pools.id"), nullable=False),
    )
    op.create_index("listeners_pool", "listeners", ["pool_id"])


def downgrade() -> None:
    for table in ("listeners", "load_balancers", "backends", "pools"):
        op.drop_table(table)
