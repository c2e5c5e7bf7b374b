"""Moves between hosts, hosts that are down, and instances that give way.

An instance on the move holds claims on two hosts, so a claim's key has the host in it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

MOVES = """
ALTER TABLE claims DROP CONSTRAINT claims_pkey, ADD PRIMARY KEY (instance_id, host_id, resource_class);

ALTER TABLE hosts
    ADD COLUMN forced_down boolean NOT NULL DEFAULT false,
    ADD COLUMN evacuating  boolean NOT NULL DEFAULT false;

ALTER TABLE instances
    ADD COLUMN preemptible  boolean NOT NULL DEFAULT false,
    ADD COLUMN preempted_by text;
CREATE INDEX instances_preempted ON instances (preempted_by) WHERE preempted_by IS NOT NULL;
CREATE INDEX instances_preemptible ON instances (zone) WHERE preemptible;

CREATE TABLE migrations (
    id          text PRIMARY KEY,
    tenant_id   text NOT NULL,
    version     integer NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    instance_id text NOT NULL,
    kind        text NOT NULL,
    status      text NOT NULL,
    source_host text NOT NULL,
    dest_host   text NOT NULL,
    error       text
);
CREATE INDEX migrations_tenant ON migrations (tenant_id, id);
CREATE UNIQUE INDEX migrations_running ON migrations (instance_id) WHERE status = 'running';

ALTER TABLE simulated_faults ADD COLUMN version integer NOT NULL DEFAULT 1;

DROP INDEX instances_unfinished;
CREATE INDEX instances_unfinished ON instances (updated_at)
WHERE state IN ('pending', 'provisioning', 'starting', 'stopping', 'updating', 'migrating', 'deleting');
"""


def upgrade() -> None:
    op.execute(MOVES)
