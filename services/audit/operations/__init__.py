"""Use cases of audit: one transaction each. It publishes nothing: it is the end of the line."""
