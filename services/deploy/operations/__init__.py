"""Use cases of deploy: one transaction each, their events in the outbox of the same transaction."""
