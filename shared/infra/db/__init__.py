"""PostgreSQL: one schema a service, one transaction a request, platform tables beside the service's own."""
