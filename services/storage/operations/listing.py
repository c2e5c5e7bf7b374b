"""Listing what a bucket holds: keys, and versions with their delete markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.storage.domain import listing
from services.storage.repository import BucketRepository, ObjectRepository, first_of_each
from services.storage.tables import ObjectVersion


@dataclass(frozen=True)
class Listed:
    """A page of a listing with the latest version of each of its keys."""

    page: listing.Listing
    latest: dict[str, ObjectVersion]


@dataclass(frozen=True)
class VersionsPage:
    """A page of versions with their keys. The next one begins behind `next_version` of `next_after`; None: no more."""

    versions: Sequence[tuple[str, ObjectVersion]]
    next_after: str | None
    next_version: str | None


def list_page(
    session: Session, bucket_name: str, *, prefix: str, delimiter: str, after: str, max_keys: int | None
) -> Listed:
    """A page of visible keys, folded at the delimiter: three queries whatever the bucket holds."""
    bucket = BucketRepository(session).named(bucket_name)
    objects = ObjectRepository(session)
    size = listing.page_size(max_keys)
    entry, folded = listing.fold(after, prefix, delimiter) if after.startswith(prefix) else (after, False)
    start = listing.behind(entry, folded)
    keys: Sequence[str] = []
    if start is not None:
        keys = (
            first_of_each(session, bucket, prefix, delimiter, start, size + 1)
            if delimiter
            else objects.keys(bucket, prefix, start, size + 1)
        )
    page = listing.list_keys(keys, prefix=prefix, delimiter=delimiter, after=after, max_keys=size)
    return Listed(page, objects.latest(bucket, page.keys) if page.keys else {})


def list_versions(
    session: Session, bucket_name: str, *, prefix: str, after: str, after_version: str, max_keys: int | None
) -> VersionsPage:
    """At most `max_keys` versions and delete markers together, by key and newest first (S3's ListObjectVersions)."""
    bucket = BucketRepository(session).named(bucket_name)
    size = listing.page_size(max_keys)
    rows = ObjectRepository(session).versions(bucket, prefix, after, after_version, size + 1)
    page = rows[:size]
    if len(rows) <= size or not page:
        return VersionsPage(page, None, None)
    key, last = page[-1]
    return VersionsPage(page, key, last.version_id)
