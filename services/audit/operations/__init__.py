"""Use cases of audit: one transaction each. What it does by itself it tells as everybody does, and records it."""
