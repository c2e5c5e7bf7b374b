"""Retention: for how long records are kept, and what happens to those that are older.

A removal is announced in the trail, the next checkpoint says so under its signature, and only then records go: so a
chain whose beginning is missing is verified like any other, and one that somebody else has shortened isn't. Records go
from the beginning, as far as all are older than they are kept and none is held; the places are those of checkpoints, so
that what is left goes on from what was signed.
"""

from __future__ import annotations

from datetime import timedelta

from services.audit import published, repository
from services.audit.domain.chain import Head, count, record_time
from services.audit.domain.checkpoints import BrokenCheckpoints
from services.audit.domain.gaps import Coverage
from services.audit.domain.removals import Removal
from services.audit.models import ChainHead, Retention
from services.audit.ports import Ports
from services.audit.repository import retentions
from shared.errors import OmniCloudError
from shared.events.processing import TransactionRunner
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant, service_context
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags, ensure_version
from shared.kernel.tracing import Work
from shared.utils.ids import new_id

UNSET_VERSION = 0
"""The version of a retention that nobody has set; whoever reads it is told so."""
MOST_AT_ONCE = 20_000
"""Records that go in one round, as far as checkpoints allow."""

log = logger("audit.retention")


def set_retention(days: int | None, expected_version: EntityTags | None) -> Retention:
    """Keep records for so many days, or for ever. Raises VersionConflict.

    The chain's head is held meanwhile: of two who are the first to say so, the second sees what the first said.
    """
    repository.locked_head(current_tenant())
    row = retentions.own(lock=True)
    if row is None:
        ensure_version(UNSET_VERSION, expected_version)
        row = retentions.add(Retention(id=new_id("ret"), tenant_id=current_tenant(), days=days))
    else:
        check_version(row, expected_version)
        row.days = days
        retentions.save(row)
    published.retention_changed(row)
    return row


def remove_expired(ports: Ports, transactions: TransactionRunner) -> int:
    """One round over all tenants; how many records went. One tenant's trouble is its own."""
    rows = transactions.run(lambda _: retentions.limited())
    return sum(_round(ports, transactions, row) for row in rows)


def _round(ports: Ports, transactions: TransactionRunner, row: Retention) -> int:
    try:
        with service_context("audit", row.tenant_id, ports.clock, work=Work("audit retention")):
            return transactions.run(lambda _: _remove(ports, row))
    except (OmniCloudError, BrokenCheckpoints) as error:
        log.warning("records older than they are kept stay for now", tenant=row.tenant_id, reason=str(error))
        return 0


def _remove(ports: Ports, row: Retention) -> int:
    """Remove what was announced and signed, and announce what is next. The head is held: no hold comes in between."""
    assert row.days is not None
    head = repository.locked_head(row.tenant_id)
    newest = ports.checkpoints.newest(row.tenant_id, head.checkpoint_sequence)
    if newest is None:
        return 0
    before = record_time(ports.clock.now() - timedelta(days=row.days))
    kept = repository.first_kept(row.tenant_id, before, head.removed_sequence)
    limit = head.sequence if kept is None else kept - 1
    until = min(newest.removal.begins_after, limit)
    gone = repository.remove_until(head, until) if until > head.removed_sequence else 0
    if head.announced_sequence <= newest.removal.begins_after:
        _announce(ports, row, head, newest.removal, min(limit, newest.head.sequence - 1))
    return gone


def _announce(ports: Ports, row: Retention, head: ChainHead, removal: Removal, limit: int) -> None:
    """Say in the trail what goes next, if anything does."""
    done = removal.begins_after
    until = ports.checkpoints.last_until(row.tenant_id, min(limit, done + MOST_AT_ONCE), done + 1)
    if until <= done:
        until = ports.checkpoints.last_until(row.tenant_id, limit, done + 1)
    if until <= done or row.days is None:
        return
    coverage = Coverage(removal.covered)
    for record in repository.chain(row.tenant_id, Head(done, "")):
        if record.sequence > until:
            break
        count(coverage, record.entry)
    published.removal_announced(until, until - done, row.days, coverage.ranges())
    head.announced_sequence = until
    head.save(update_fields=["announced_sequence"])
