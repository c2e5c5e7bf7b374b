"""Content that no version refers to any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.orm import Session

from services.storage.ports import Ports
from services.storage.repository import forget_garbage, garbage, named_blobs, throw_away
from shared.events.processing import TransactionRunner
from shared.infra.object_store import ObjectNotFound

SWEEP_LIMIT = 200
"""Blobs in one sweep: its transaction stays short."""
PAGE_BLOBS = 1000


def sweep(session: Session, ports: Ports) -> int:
    """Delete left-over content, parts that were never put together too; how many blobs.

    What could be read is left until whoever began to before it was replaced or deleted has ended. What fails is left
    for the next sweep.
    """
    rest = timedelta(seconds=ports.settings.garbage_rest_seconds)
    names, bucket = garbage(session, SWEEP_LIMIT, ports.clock.now(), rest), ports.settings.object_bucket
    for name in names:
        ports.multipart.abort_all(bucket, name)
        with suppress(ObjectNotFound):
            ports.store.delete(bucket, name)
    if names:
        forget_garbage(session, names)
    return len(names)


class Orphans:
    """Looks for blobs that nothing names: a process died between storing content and noting it, for example.

    A blob is stored before its row is committed, so one look can't tell an orphan from a newcomer. What nothing has
    named at two looks one after the other, hours apart, is none: no request takes that long.
    """

    def __init__(self, ports: Ports, transactions: TransactionRunner) -> None:
        self._ports = ports
        self._transactions = transactions
        self._unnamed: set[str] = set()

    def run(self) -> int:
        """One look through the whole object store; how many orphans were left to be swept."""
        unnamed = {name for names in self._pages() for name in self._without_row(names)}
        orphans = unnamed & self._unnamed
        self._transactions.run(lambda session: throw_away(session, orphans))
        self._unnamed = unnamed - orphans
        return len(orphans)

    def _pages(self) -> Iterator[list[str]]:
        bucket, after = self._ports.settings.object_bucket, ""
        while listed := self._ports.store.list(bucket, start_after=after, limit=PAGE_BLOBS):
            names = [each.name for each in listed]
            yield names
            after = names[-1]

    def _without_row(self, names: list[str]) -> set[str]:
        named: set[str] = self._transactions.run(lambda session: named_blobs(session, names))
        return set(names) - named
