"""How tenants stand that aren't active: their instances follow, whatever a provider is at work on meanwhile."""

from alembic import op

revision = "0005"
down_revision = "0004"

STANDINGS = """
CREATE TABLE tenant_standings (
    tenant_id      text PRIMARY KEY,
    standing       text NOT NULL,
    actor          text NOT NULL,
    correlation_id text NOT NULL
);
"""


def upgrade() -> None:
    op.execute(STANDINGS)
