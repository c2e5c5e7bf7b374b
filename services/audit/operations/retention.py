"""Retention: for how long records are kept, and what happens to those that are older.

A removal is announced in the trail, the next checkpoint says so under its signature, and only then records go: so a
chain whose beginning is missing is verified like any other, and one that somebody else has shortened isn't. Records go
from the beginning, as far as all are older than they are kept and none is held; the places are those of checkpoints, so
that what is left goes on from what was signed.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import Error as DatabaseError

from services.audit import published, repository
from services.audit.domain.chain import Head, count, record_time
from services.audit.domain.checkpoints import BrokenCheckpoints, Checkpoint
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
    tenants = transactions.run(lambda _: retentions.limited())
    return sum(_round(ports, transactions, tenant_id) for tenant_id in tenants)


def _round(ports: Ports, transactions: TransactionRunner, tenant_id: str) -> int:
    try:
        with service_context("audit", tenant_id, ports.clock, work=Work("audit retention")):
            return transactions.run(lambda _: _remove(ports, tenant_id))
    except (OmniCloudError, BrokenCheckpoints, DatabaseError) as error:
        log.warning("records older than they are kept stay for now", tenant=tenant_id, reason=str(error))
        return 0


def _remove(ports: Ports, tenant_id: str) -> int:
    """Remove what was announced and signed, and announce what is next.

    The object store is asked before the head is held, for appends wait for the head: what was signed stays signed. How
    long records are kept is asked under it: nobody says otherwise meanwhile, and no hold comes in between.
    """
    seen = repository.present_head(tenant_id)
    newest = ports.checkpoints.newest(tenant_id, seen.checkpoint_sequence)
    if newest is None:
        return 0
    planned = _planned(ports, seen, newest)
    head = repository.locked_head(tenant_id)
    row, limit = retentions.own(), _last_that_may_go(ports, head)
    until = min(newest.removal.begins_after, limit)
    gone = repository.remove_until(head, until) if until > head.removed_sequence else 0
    if planned and row and row.days and planned.begins_after <= limit and _is_next(head, newest):
        records = planned.begins_after - newest.removal.begins_after
        published.removal_announced(planned.begins_after, records, row.days, dict(planned.covered))
        head.announced_sequence = planned.begins_after
        head.save(update_fields=["announced_sequence"])
    return gone


def _planned(ports: Ports, head: ChainHead, newest: Checkpoint) -> Removal | None:
    """What could be announced as things are; None when there is nothing."""
    tenant_id, done = head.tenant_id, newest.removal.begins_after
    limit = min(_last_that_may_go(ports, head), newest.head.sequence - 1)
    if limit <= done or not _is_next(head, newest):
        return None
    until = ports.checkpoints.last_until(tenant_id, min(limit, done + MOST_AT_ONCE), done + 1)
    if until <= done:
        until = ports.checkpoints.last_until(tenant_id, limit, done + 1)
    if until <= done:
        return None
    coverage = Coverage(newest.removal.covered)
    for record in repository.chain(tenant_id, Head(done, "")):
        if record.sequence > until:
            break
        count(coverage, record.entry)
    return Removal(until, coverage.ranges())


def _is_next(head: ChainHead, newest: Checkpoint) -> bool:
    """Whether everything that was announced is signed."""
    return head.announced_sequence <= newest.removal.begins_after


def _last_that_may_go(ports: Ports, head: ChainHead) -> int:
    """The last place up to which all records are older than they are kept, and none is held."""
    row = retentions.own()
    if row is None or row.days is None:
        return head.removed_sequence
    before = record_time(ports.clock.now() - timedelta(days=row.days))
    kept = repository.first_kept(head.tenant_id, before, head.removed_sequence)
    return head.sequence if kept is None else kept - 1
