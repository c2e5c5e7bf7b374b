"""Listing what a bucket holds: keys, and versions with their delete markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.storage.domain import listing
from services.storage.domain.listing import Start
from services.storage.repository import BucketRepository, ObjectRepository
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
    """A page of visible keys, folded at the delimiter.

    A handful of queries whatever the bucket holds; where most keys fold, one of a few rows for each entry at most.
    """
    bucket = BucketRepository(session).named(bucket_name)
    objects = ObjectRepository(session)
    size = listing.page_size(max_keys)
    keys: list[str] = []
    folded = after.startswith(prefix) and listing.fold(after, prefix, delimiter)[1]
    start = listing.behind(listing.fold(after, prefix, delimiter)[0], True) if folded else Start(after)
    asked = size + 1
    while len(keys) <= size and start is not None:
        asked = min(asked, size + 1 - len(keys))
        found = objects.keys(bucket, prefix, start, asked)
        entries = _first_of_each_fold(found, prefix, delimiter)
        keys.extend(entries)
        if len(found) < asked:
            break
        asked = 2 * len(entries)  # As many fold in the next round, probably: they needn't be read.
        start = listing.behind(*listing.fold(found[-1], prefix, delimiter))
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


def _first_of_each_fold(keys: Sequence[str], prefix: str, delimiter: str) -> list[str]:
    """One key for each entry of the listing: those behind it would fold into the same prefix."""
    entries: dict[str, str] = {}
    for key in keys:
        entries.setdefault(listing.fold(key, prefix, delimiter)[0], key)
    return list(entries.values())
