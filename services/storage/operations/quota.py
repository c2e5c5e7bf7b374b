"""Quota of the tenant: reserved before something is made, committed with it, given back when it isn't made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from sqlalchemy.orm import Session

from services.storage.ports import Ports
from shared.errors import NotFound
from shared.infra.db.hooks import after_commit, after_rollback


@contextmanager
def reserved(session: Session, ports: Ports, resource_id: str, amounts: Mapping[str, int]) -> Iterator[list[str]]:
    """Reserve amounts by quota name around the making of a resource; yields the ids of the reservations.

    They are committed when the transaction is, and released when the block or the transaction fails. Raises
    QuotaExceeded.
    """
    ids: list[str] = []
    try:
        for resource, amount in amounts.items():
            reservation = f"{resource_id}:{resource}"
            ports.tenants.reserve(resource, amount, reservation)
            ids.append(reservation)
        yield ids
    except BaseException:
        _release(ports, ids)
        raise
    after_commit(session, lambda: [ports.tenants.commit(each) for each in ids])
    after_rollback(session, lambda: _release(ports, ids))


def release_after_commit(session: Session, ports: Ports, reservations: Iterable[str]) -> None:
    """Give reservations back once the deletion is committed."""
    ids = list(reservations)
    after_commit(session, lambda: _release(ports, ids))


def _release(ports: Ports, reservations: Iterable[str]) -> None:
    for reservation in reservations:
        with suppress(NotFound):
            ports.tenants.release(reservation)
