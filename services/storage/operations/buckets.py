"""Buckets: create, change, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from services.storage import published
from services.storage.domain.buckets import valid_bucket_name
from services.storage.domain.lifecycle import Rule, ensure_rules_fit
from services.storage.domain.quotas import bucket_claim
from services.storage.domain.versions import Versioning
from services.storage.ports import Ports
from services.storage.repository import BucketRepository
from services.storage.tables import Bucket
from shared.errors import Conflict
from shared.events.closing import pass_gate
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


class BucketNotEmpty(Conflict):
    """A bucket with versions, delete markers or unfinished uploads can't be deleted."""

    code = "bucket_not_empty"


class VersioningCannotBeUnset(Conflict):
    """A bucket that was versioned once stays versioned or suspended."""

    code = "versioning_cannot_be_unset"


def create(session: Session, ports: Ports, name: str, versioning: Versioning, lifecycle: Sequence[Rule]) -> Bucket:
    """A new, empty bucket. Raises InvalidBucketName, InvalidLifecycle, BucketAlreadyExists or QuotaExceeded."""
    ensure_rules_fit(lifecycle)
    pass_gate(session)
    bucket = BucketRepository(session).create(
        Bucket(
            id=new_id("b"),
            tenant_id=current_tenant(),
            name=valid_bucket_name(name),
            versioning=versioning,
            lifecycle=[asdict(rule) for rule in lifecycle],
        )
    )
    with ports.quotas.reserved(bucket_claim(bucket.id)):
        published.bucket_created(session, bucket)
    return bucket


def change(
    session: Session,
    name: str,
    *,
    versioning: Versioning | None,
    lifecycle: Sequence[Rule] | None,
    expected: EntityTags | None,
) -> Bucket:
    """Change versioning, lifecycle rules or both. Raises VersioningCannotBeUnset or InvalidLifecycle."""
    bucket = BucketRepository(session).named(name, lock=True)
    check_version(bucket, expected)
    if versioning is not None:
        if versioning is Versioning.DISABLED and bucket.versioning != Versioning.DISABLED:
            raise VersioningCannotBeUnset(f"bucket {name} can be suspended, not unset")
        bucket.versioning = versioning
    if lifecycle is not None:
        ensure_rules_fit(lifecycle)
        bucket.lifecycle = [asdict(rule) for rule in lifecycle]
        bucket.lifecycle_ran_on, bucket.lifecycle_walked_on = None, None
    touch(bucket)
    published.bucket_updated(session, bucket)
    return bucket


def delete(session: Session, name: str, expected: EntityTags | None) -> None:
    """Remove an empty bucket. Raises BucketNotEmpty."""
    buckets = BucketRepository(session)
    bucket = buckets.named(name, lock=True)
    check_version(bucket, expected)
    if not buckets.is_empty(bucket):
        raise BucketNotEmpty(f"bucket {name} is not empty; delete its versions and uploads first")
    end(session, bucket)


def end(session: Session, bucket: Bucket) -> None:
    """The last of an empty bucket: it is told, which gives its quota back, and its row is gone."""
    touch(bucket)
    published.bucket_deleted(session, bucket)
    BucketRepository(session).remove(bucket)
