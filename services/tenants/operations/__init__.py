"""Use cases of the tenants service, by noun."""
