"""Use cases of compliance: one transaction each, events inside it."""
