"""Use cases of billing: one transaction each, events inside it."""
