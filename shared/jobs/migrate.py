"""`python -m shared.jobs.migrate SERVICE…` migrates the services' schemas.

Services that share a database are migrated in the order given, because a later one may refer to an earlier one's
tables; different databases are migrated side by side. The first failure ends the job with status 1 and its reason.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Mapping, Sequence

from shared.jobs.migration import MIGRATED, migrate

_FORK = multiprocessing.get_context("fork")


def database_url(service: str, environment: Mapping[str, str]) -> str:
    """`DATABASE_URL_<SERVICE>` where it is set, else `DATABASE_URL`. Raises KeyError when there is neither."""
    return environment.get(f"DATABASE_URL_{service.upper()}") or environment["DATABASE_URL"]


def by_database(services: Sequence[str], environment: Mapping[str, str]) -> dict[str, list[str]]:
    """The services of each database, in the order given."""
    groups: dict[str, list[str]] = {}
    for service in services:
        groups.setdefault(database_url(service, environment), []).append(service)
    return groups


def _migrate_one(service: str, url: str) -> None:
    """In a process of its own, which ends with the traceback of what went wrong: Django's settings are global, and one
    failure must not spoil the next."""
    started = time.monotonic()
    migrate(service, url)
    print(f"migrated {service} in {time.monotonic() - started:.2f} s", flush=True)


def _migrate_in_order(services: Sequence[str], url: str) -> None:
    """One database: a process for each service, one after the other, up to the first failure."""
    for service in services:
        process = _FORK.Process(target=_migrate_one, args=(service, url))
        process.start()
        process.join()
        if process.exitcode != 0:
            print(f"migration of {service} failed", flush=True)
            sys.exit(1)


def run(services: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Migrate all; True when every one succeeded."""
    processes = [
        _FORK.Process(target=_migrate_in_order, args=(queue, url))
        for url, queue in by_database(services, environment).items()
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return all(process.exitcode == 0 for process in processes)


def main() -> int:
    """The job's exit status."""
    services = sys.argv[1:]
    unknown = [service for service in services if service not in MIGRATED]
    if not services or unknown:
        print(f"name services with a database; unknown: {', '.join(unknown) or 'none given'}")
        return 2
    return 0 if run(services, os.environ) else 1


if __name__ == "__main__":
    sys.exit(main())
