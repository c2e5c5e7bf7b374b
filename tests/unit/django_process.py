"""Checks that need a service's Django models: each in a process of its own, because Django holds one configuration."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable

import django
from django.conf import settings

_FORK = multiprocessing.get_context("fork")


def in_django(service: str, check: Callable[[], None]) -> None:
    """Run `check` where the service's models are loaded and SQLite in memory stands for the database.

    The check makes the tables that it needs. Fails with what it raised.
    """
    reader, writer = _FORK.Pipe(duplex=False)

    def run() -> None:
        try:
            settings.configure(
                INSTALLED_APPS=["rest_framework", f"services.{service}"],
                DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
                USE_TZ=True,
            )
            django.setup()
            check()
            writer.send("")
        except BaseException:  # noqa: BLE001 - it is raised again in the test's own process
            writer.send(traceback.format_exc())
        os._exit(0)  # nothing of the parent's is to be torn down here

    process = _FORK.Process(target=run)
    process.start()
    writer.close()
    try:
        failure = reader.recv()
    except EOFError:
        failure = "the process ended without a word"
    process.join()
    assert not failure, failure
