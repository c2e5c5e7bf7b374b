"""Use cases of storage: one transaction each, their events in the outbox of the same transaction."""
