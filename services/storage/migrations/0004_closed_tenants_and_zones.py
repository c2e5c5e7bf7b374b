"""Tenants that are closed, for which nothing more is made; volumes lie in zones of the platform's catalogue.

Compute keeps the catalogue in the same database, so its migrations run before this one. Volumes that were made in
places that don't exist stay as they are.
"""

from alembic import op

from shared.events.closing import TABLE_SQL

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(TABLE_SQL)
    op.execute("INSERT INTO closed_tenants (tenant_id) SELECT tenant_id FROM tenant_standings WHERE state = 'closed'")
    op.execute(
        "ALTER TABLE volumes ADD CONSTRAINT volume_zone FOREIGN KEY (zone) REFERENCES compute.zones (name) NOT VALID"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE volumes DROP CONSTRAINT volume_zone")
    op.execute("DROP TABLE closed_tenants")
