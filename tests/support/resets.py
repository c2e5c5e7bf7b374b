"""Connections that are cut while they are in use, of everybody at once: nothing else happens to the server."""

from __future__ import annotations

import psycopg2
import redis

from tests.support.fleet import FleetControl
from tests.support.tables import PASSWORD

DATABASES = ("infra", "tenants", "billing", "audit")
CLIENTS_OF_REDIS = ("normal", "pubsub")


def reset_databases(fleet: FleetControl) -> int:
    """End every session of the platform's databases; how many there were."""
    ended = 0
    for database in DATABASES:
        host, port = fleet.address(f"{database}-db:5432")
        connection = psycopg2.connect(host=host, port=port, dbname="postgres", user="omnicloud", password=PASSWORD)
        try:
            with connection.cursor() as cursor:
                query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                cursor.execute(query, (f"{database}_db",))
                ended += cursor.rowcount
        finally:
            connection.close()
    return ended


def reset_redis(fleet: FleetControl) -> int:
    """Cut every connection to Redis but the one that says so; how many there were."""
    host, port = fleet.address("redis:6379")
    with redis.Redis(host, port) as own:
        return sum(int(own.execute_command("CLIENT", "KILL", "TYPE", kind)) for kind in CLIENTS_OF_REDIS)
