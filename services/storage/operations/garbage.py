"""Content that no version refers to any more."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.storage.ports import Ports
from services.storage.repository import forget_garbage, garbage
from shared.infra.object_store import ObjectNotFound

SWEEP_LIMIT = 200
"""Blobs in one sweep: its transaction stays short."""


def sweep(session: Session, ports: Ports) -> int:
    """Delete left-over content; how many blobs. What fails is left for the next sweep."""
    names = garbage(session, SWEEP_LIMIT)
    for name in names:
        try:
            ports.store.delete(ports.settings.object_bucket, name)
        except ObjectNotFound:
            continue
    if names:
        forget_garbage(session, names)
    return len(names)
