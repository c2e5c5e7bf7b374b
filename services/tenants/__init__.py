"""tenants: organisations, their plans, projects and quotas."""
