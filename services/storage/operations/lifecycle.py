"""Lifecycle rules at work: what is due is deleted and aborted, once a day for every bucket that has rules.

A bucket is walked through key by key, a bounded number of them in a transaction of its own, and the place is kept in
its row: whoever is alive goes on from there. Another day begins anew, for what wasn't due at the places passed by may
be due now. Buckets take turns, so that none waits for a large one's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services.storage.domain.lifecycle import Aged, Expiry, Rule, day_of, due, due_until
from services.storage.domain.versions import Version
from services.storage.operations import objects, uploads
from services.storage.ports import Ports
from services.storage.repository import BucketRepository, ObjectRepository, UploadRepository, ruled_buckets
from services.storage.tables import Bucket, ObjectVersion, StoredObject
from shared.errors import OmniCloudError
from shared.events.processing import TransactionRunner
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

STEP_KEYS = 200
"""Keys, or uploads, in one transaction: it stays short."""

log = logger("storage.lifecycle")


class Lifecycle:
    """Follows the rules of all tenants' buckets."""

    def __init__(self, ports: Ports, transactions: TransactionRunner) -> None:
        self._ports = ports
        self._transactions = transactions

    def run(self) -> None:
        """One pass: every bucket whose rules weren't followed today, each to its end, taking turns."""
        today = day_of(self._ports.clock.now())
        waiting = self._transactions.run(lambda session: ruled_buckets(session, today))
        while waiting:
            waiting = [(tenant, bucket) for tenant, bucket in waiting if self._step(tenant, bucket)]

    def _step(self, tenant_id: str, bucket_id: str) -> bool:
        """One transaction in one bucket; whether there is more to do. One that fails is left for the next pass."""
        with service_context(
            self._ports.settings.service_name, tenant_id, self._ports.clock, work=Work("follow lifecycle rules")
        ):
            now = self._ports.clock.now()  # Midnight may come between two steps.
            try:
                more: bool = self._transactions.run(lambda session: follow(session, self._ports, bucket_id, now))
            except Exception as error:
                if isinstance(error, OmniCloudError):
                    log.warning("lifecycle rules wait", bucket=bucket_id, error=error.detail)
                else:
                    log.exception("lifecycle rules wait", bucket=bucket_id)
                return False
        return more


def follow(session: Session, ports: Ports, bucket_id: str, now: datetime) -> bool:
    """Do what is due in the next stretch of a bucket; whether there is more of it.

    False, too, for a bucket that is gone or that another process is at, and where something is left that somebody else
    held: the day isn't done then, and the next pass goes on from there.
    """
    bucket = BucketRepository(session).held(bucket_id)
    if bucket is None:
        return False
    if bucket.lifecycle_walked_on != day_of(now):
        bucket.lifecycle_walked_on, bucket.lifecycle_after, bucket.lifecycle_again = day_of(now), "", None
    rules = [Rule(**rule) for rule in bucket.lifecycle]
    keys = ObjectRepository(session).rows(bucket, bucket.lifecycle_after, STEP_KEYS)
    if not _expire(session, ports, bucket, rules, keys, now):
        _look_again(bucket)
    bucket.lifecycle_after = keys[-1].key if keys else bucket.lifecycle_after
    if len(keys) == STEP_KEYS or _abort(session, bucket, rules, now):
        return True
    if _uploads_left(session, bucket, rules, now):
        _look_again(bucket)
    if bucket.lifecycle_again is None:
        bucket.lifecycle_after, bucket.lifecycle_ran_on = "", day_of(now)
    else:
        bucket.lifecycle_after, bucket.lifecycle_again = bucket.lifecycle_again, None
    return False


def _look_again(bucket: Bucket) -> None:
    """Note that something behind the present place was held by somebody else."""
    if bucket.lifecycle_again is None:
        bucket.lifecycle_again = bucket.lifecycle_after


def _expire(
    session: Session, ports: Ports, bucket: Bucket, rules: Sequence[Rule], keys: Sequence[StoredObject], now: datetime
) -> bool:
    """Delete what is due of some keys; whether all could be looked at. Those that somebody is writing now are left."""
    looked_at = ObjectRepository(session).stacks(keys)
    wanted = [each.id for each in keys if not _due(rules, each, looked_at[each.id], now).nothing]
    if not wanted:
        return True
    free = ObjectRepository(session).free(wanted)
    stacks = ObjectRepository(session).stacks(free)
    for stored in free:
        _delete(session, ports, bucket, stored, _due(rules, stored, stacks[stored.id], now))
    return len(free) == len(wanted)


def _due(rules: Sequence[Rule], stored: StoredObject, stack: Sequence[ObjectVersion], now: datetime) -> Expiry:
    aged = [Aged(Version(row.version_id, row.delete_marker), row.created_at, row.superseded_at) for row in stack]
    return due(rules, stored.key, aged, now)


def _delete(session: Session, ports: Ports, bucket: Bucket, stored: StoredObject, expiry: Expiry) -> None:
    for version_id in expiry.removed:
        objects.remove(session, ports, bucket, stored, version_id, by_rule=True)
    if expiry.delete:
        objects.remove(session, ports, bucket, stored, None, by_rule=True)


def _abort(session: Session, bucket: Bucket, rules: Sequence[Rule], now: datetime) -> bool:
    """Abort a number of the uploads that are due; whether there may be more."""
    more = False
    for prefix, until in _aborting(rules, now):
        late = UploadRepository(session).started_until(bucket, prefix, until, STEP_KEYS)
        for upload in late:
            uploads.end(session, bucket, upload, by_rule=True)
        more = more or len(late) == STEP_KEYS
    return more


def _uploads_left(session: Session, bucket: Bucket, rules: Sequence[Rule], now: datetime) -> bool:
    """Whether an upload is due still: somebody completes it now, and may be refused."""
    uploads_of = UploadRepository(session)
    return any(uploads_of.any_started_until(bucket, prefix, until) for prefix, until in _aborting(rules, now))


def _aborting(rules: Sequence[Rule], now: datetime) -> list[tuple[str, datetime]]:
    """What is aborted now: uploads of keys with such a prefix that were begun by then."""
    return [
        (rule.prefix, due_until(now, rule.abort_multipart_days))
        for rule in rules
        if rule.enabled and rule.abort_multipart_days is not None
    ]
