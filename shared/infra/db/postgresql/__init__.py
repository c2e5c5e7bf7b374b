"""Django's database engine for PostgreSQL, as the services use it."""
