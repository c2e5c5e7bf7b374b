"""Audit trail: an append-only hash chain per tenant, fed by every service's events."""
