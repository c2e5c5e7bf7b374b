"""Use cases of config: one transaction each, events inside it."""
