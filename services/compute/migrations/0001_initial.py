"""Tables of compute, and the platform's tables."""

from alembic import op

from shared.web.tables import PLATFORM_TABLES_SQL

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE zones (
    name        text PRIMARY KEY,
    provider    text NOT NULL,
    region      text NOT NULL,
    enabled     boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hosts (
    id                  text PRIMARY KEY,
    zone                text NOT NULL REFERENCES zones (name),
    enabled             boolean NOT NULL DEFAULT true,
    dedicated_tenant_id text,
    instances           integer NOT NULL DEFAULT 0,
    max_instances       integer NOT NULL,
    generation          integer NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hosts_zone ON hosts (zone);

CREATE TABLE inventories (
    host_id          text NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    resource_class   text NOT NULL,
    total            bigint NOT NULL,
    reserved         bigint NOT NULL,
    allocation_ratio numeric(9, 4) NOT NULL,
    min_unit         bigint NOT NULL,
    max_unit         bigint NOT NULL,
    step_unit        bigint NOT NULL,
    PRIMARY KEY (host_id, resource_class)
);

CREATE TABLE claims (
    instance_id    text NOT NULL,
    resource_class text NOT NULL,
    host_id        text NOT NULL REFERENCES hosts (id),
    amount         numeric(14, 3) NOT NULL,
    PRIMARY KEY (instance_id, resource_class)
);
CREATE INDEX claims_host ON claims (host_id);

CREATE TABLE server_groups (
    id         text PRIMARY KEY,
    tenant_id  text NOT NULL,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name       text NOT NULL,
    policy     text NOT NULL
);
CREATE INDEX server_groups_tenant ON server_groups (tenant_id, id);

CREATE TABLE instances (
    id             text PRIMARY KEY,
    tenant_id      text NOT NULL,
    version        integer NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    name           text NOT NULL,
    state          text NOT NULL,
    flavor         text,
    vcpus          numeric(10, 3) NOT NULL,
    memory_mib     integer NOT NULL,
    disk_gib       integer NOT NULL,
    image          text NOT NULL,
    provider       text NOT NULL,
    region         text NOT NULL,
    zone           text NOT NULL REFERENCES zones (name),
    host_id        text NOT NULL REFERENCES hosts (id),
    tenancy        text NOT NULL,
    group_id       text REFERENCES server_groups (id),
    deferred_start boolean NOT NULL,
    labels         jsonb NOT NULL,
    quota_key      text NOT NULL,
    node_id        text,
    metered_from   timestamptz,
    resize_to      jsonb,
    resume_state   text,
    last_error     text
);
CREATE INDEX instances_tenant ON instances (tenant_id, id);
CREATE INDEX instances_host ON instances (host_id);
CREATE INDEX instances_group ON instances (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX instances_metered ON instances (metered_from) WHERE metered_from IS NOT NULL;

CREATE TABLE simulated_nodes (
    provider     text NOT NULL,
    id           text NOT NULL,
    name         text NOT NULL,
    state        text NOT NULL,
    location     text NOT NULL,
    host         text NOT NULL,
    image        text NOT NULL,
    client_token text NOT NULL,
    extra        jsonb NOT NULL,
    PRIMARY KEY (provider, id),
    UNIQUE (provider, client_token)
);

CREATE TABLE simulated_faults (
    id         text PRIMARY KEY,
    provider   text,
    operation  text NOT NULL,
    tenant_id  text,
    kind       text NOT NULL,
    latency_ms integer NOT NULL,
    remaining  integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    op.execute(PLATFORM_TABLES_SQL)
    op.execute(TABLES)
