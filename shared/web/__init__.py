"""The web layer: identity, tenancy, problems, idempotency, health, metrics, logs and traces, for both frameworks."""
