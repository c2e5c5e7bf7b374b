"""Retention: samples are kept for as long as any window reaches back, and series for as long as they have samples."""

from __future__ import annotations

from datetime import timedelta

from services.monitor.ports import Ports
from services.monitor.repository import forget_empty_series, forget_samples
from shared.events.processing import TransactionRunner

BATCH = 5_000
"""Rows that one transaction deletes at most, so that none is long."""
SERIES_KEPT = timedelta(days=1)
"""How old a series without samples is at least when it is forgotten."""


def forget_old(transactions: TransactionRunner, ports: Ports) -> None:
    """Remove what is older than the retention, of all tenants, batch by batch."""
    now = ports.clock.now()
    oldest = now - timedelta(days=ports.settings.retention_days)
    while transactions.run(lambda session: forget_samples(session, oldest, BATCH)) == BATCH:
        pass
    while transactions.run(lambda session: forget_empty_series(session, now - SERIES_KEPT, BATCH)) == BATCH:
        pass
