"""API gateway: one address for fourteen services."""
