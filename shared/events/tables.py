"""The event tables of a service's schema. Created in the connection's search path; running it again changes nothing.

`outbox` holds events that were decided on and not yet confirmed by the broker; `sent_sequences` how many events of each
tenant have been numbered; `inbox` the identifiers of events whose effect has been committed; `applied_sequences` the
newest sequence applied of each subject of another service.
"""

from __future__ import annotations

EVENT_TABLES_SQL = """
CREATE TABLE IF NOT EXISTS outbox (
    position     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     text NOT NULL UNIQUE,
    topic        text NOT NULL,
    subject      text NOT NULL,
    body         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz
);
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS source_sequence bigint;
CREATE INDEX IF NOT EXISTS outbox_pending ON outbox (position) WHERE published_at IS NULL;
CREATE TABLE IF NOT EXISTS sent_sequences (
    tenant_id text PRIMARY KEY,
    sequence  bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS inbox (
    event_id   text PRIMARY KEY,
    handled_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS inbox_handled_at ON inbox (handled_at);
CREATE TABLE IF NOT EXISTS applied_sequences (
    stream   text NOT NULL,
    subject  text NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (stream, subject)
);
"""
