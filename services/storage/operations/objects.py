"""Objects: write, read, list, delete. Content is an immutable blob; a version row says what it is called."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.storage import published
from services.storage.domain import listing, versions
from services.storage.domain.objects import valid_object_key
from services.storage.domain.versions import Version, Versioning
from services.storage.ports import Ports
from services.storage.repository import LAST_CHARACTER, BucketRepository, ObjectRepository
from services.storage.tables import Bucket, ObjectVersion, StoredObject
from shared.errors import VersionConflict
from shared.infra.db.hooks import after_rollback
from shared.infra.db.sqlalchemy import touch
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


class PreconditionFailed(VersionConflict):
    """The object isn't what `If-Match` or `If-None-Match` say it must be."""

    code = "precondition_failed"


@dataclass(frozen=True)
class Conditions:
    """A conditional write: entity tags as in the headers, `*` for "anything there"."""

    if_match: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True)
class Content:
    """A blob in the object store that becomes a version."""

    blob: str
    size: int
    etag: str
    content_type: str


@dataclass(frozen=True)
class Listed:
    """A page of a listing with the latest version of each of its keys."""

    page: listing.Listing
    latest: dict[str, ObjectVersion]


def blob_name(bucket: Bucket) -> str:
    """Where the content of a new version lies: a name of its own, so that it is never overwritten."""
    return f"{bucket.tenant_id}/{bucket.id}/{new_id('blob')}"


def put(
    session: Session, ports: Ports, bucket_name: str, key: str, data: bytes, content_type: str, conditions: Conditions
) -> ObjectVersion:
    """Store an object; writers of one key follow each other. Raises NoSuchBucket or PreconditionFailed."""
    bucket = BucketRepository(session).named(bucket_name)
    stored = ObjectRepository(session).claim(bucket, valid_object_key(key))
    _ensure_conditions(conditions, ObjectRepository(session).stack(stored))
    blob = blob_name(bucket)
    ports.store.put(ports.settings.object_bucket, blob, data, content_type=content_type)
    after_rollback(session, lambda: ports.store.delete(ports.settings.object_bucket, blob))
    etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return add_version(session, ports, bucket, stored, Content(blob, len(data), etag, content_type))


def add_version(
    session: Session, ports: Ports, bucket: Bucket, stored: StoredObject, content: Content
) -> ObjectVersion:
    """Put content on top of a key's versions, by the bucket's versioning."""
    version_id = versions.new_version_id(Versioning(bucket.versioning), new_id("v"))
    added = _push(session, ports, stored, version_id, content)
    published.object_created(session, bucket, stored, added)
    return added


def read(session: Session, bucket_name: str, key: str, version_id: str | None) -> ObjectVersion:
    """The version that a GET answers with. Raises NoSuchBucket, NoSuchKey, NoSuchVersion or IsDeleteMarker."""
    bucket = BucketRepository(session).named(bucket_name)
    objects = ObjectRepository(session)
    stored = objects.find(bucket, key)
    rows = objects.stack(stored) if stored else []
    stack = _domain(rows)
    found = versions.current(stack) if version_id is None else versions.exactly(stack, version_id)
    return next(row for row in rows if row.version_id == found.id)


def delete(session: Session, ports: Ports, bucket_name: str, key: str, version_id: str | None) -> versions.Deletion:
    """Delete a key or one of its versions. A key that isn't there is deleted without complaint, as S3 does it.

    Raises NoSuchBucket or NoSuchVersion.
    """
    bucket = BucketRepository(session).named(bucket_name)
    objects = ObjectRepository(session)
    versioning = Versioning(bucket.versioning)
    stored = objects.find(bucket, key, lock=True)
    if stored is None:
        if version_id is None and versioning is Versioning.DISABLED:
            return versions.Deletion([], None)
        stored = objects.claim(bucket, valid_object_key(key))
    rows = objects.stack(stored)
    deletion = versions.delete(_domain(rows), versioning, version_id, new_id("v"))
    if deletion.marker is not None:
        _push(session, ports, stored, deletion.marker, None)
    else:
        objects.remove_versions([row for row in rows if row.version_id in deletion.removed])
        touch(stored)
    rest = objects.stack(stored)
    stored.visible = bool(rest) and not rest[-1].delete_marker
    if rest:
        rest[-1].superseded_at = None
    published.object_deleted(session, bucket, stored, deletion.removed, deletion.marker)
    if not rest:
        objects.remove(stored)
    return deletion


def list_page(
    session: Session, bucket_name: str, *, prefix: str, delimiter: str, after: str, max_keys: int | None
) -> Listed:
    """A page of visible keys, folded at the delimiter. A handful of queries whatever the bucket holds."""
    bucket = BucketRepository(session).named(bucket_name)
    objects = ObjectRepository(session)
    size = listing.page_size(max_keys)
    keys: list[str] = []
    position = after
    if after.startswith(prefix) and listing.fold(after, prefix, delimiter)[1]:
        position = after + LAST_CHARACTER
    while len(keys) <= size:
        found = objects.keys(bucket, prefix, position, size + 1)
        keys.extend(_first_of_each_fold(found, prefix, delimiter))
        if len(found) <= size:
            break
        fold, folded = listing.fold(found[-1], prefix, delimiter)
        position = fold + LAST_CHARACTER if folded else fold
    page = listing.list_keys(keys, prefix=prefix, delimiter=delimiter, after=after, max_keys=size)
    return Listed(page, objects.latest(bucket, page.keys) if page.keys else {})


def list_versions(
    session: Session, bucket_name: str, prefix: str, after: str, max_keys: int | None
) -> tuple[list[tuple[str, ObjectVersion]], str | None]:
    """Versions and delete markers of at most `max_keys` keys, and the key to go on after."""
    bucket = BucketRepository(session).named(bucket_name)
    size = listing.page_size(max_keys)
    rows = list(ObjectRepository(session).versions(bucket, prefix, after, size + 1))
    keys = list(dict.fromkeys(key for key, _ in rows))
    if len(keys) <= size:
        return rows, None
    page = set(keys[:size])
    return [(key, version) for key, version in rows if key in page], keys[size - 1] if size else None


def _push(
    session: Session, ports: Ports, stored: StoredObject, version_id: str, content: Content | None
) -> ObjectVersion:
    """Put a version (without content: a delete marker) on top; one of the same id is replaced."""
    objects = ObjectRepository(session)
    rows = objects.stack(stored)
    replaced = set(versions.overwritten(_domain(rows), version_id))
    if rows and rows[-1].version_id not in replaced:
        rows[-1].superseded_at = ports.clock.now()
    objects.remove_versions([row for row in rows if row.version_id in replaced])
    added = ObjectVersion(
        id=new_id("ov"),
        tenant_id=current_tenant(),
        object_id=stored.id,
        version_id=version_id,
        position=rows[-1].position + 1 if rows else 1,
        delete_marker=content is None,
        blob=content.blob if content else "",
        size=content.size if content else 0,
        etag=content.etag if content else "",
        content_type=content.content_type if content else "",
    )
    session.add(added)
    stored.visible = content is not None
    touch(stored)
    session.flush()
    return added


def _domain(rows: Sequence[ObjectVersion]) -> list[Version]:
    return [Version(row.version_id, row.delete_marker) for row in rows]


def _ensure_conditions(conditions: Conditions, stack: Sequence[ObjectVersion]) -> None:
    etag = stack[-1].etag if stack and not stack[-1].delete_marker else None
    wanted, unwanted = conditions.if_match, conditions.if_none_match
    if wanted is not None and (etag is None or wanted.strip('"') not in ("*", etag)):
        raise PreconditionFailed("the object is not the one that If-Match names")
    if unwanted is not None and etag is not None and unwanted.strip('"') in ("*", etag):
        raise PreconditionFailed("the object is the one that If-None-Match excludes")


def _first_of_each_fold(keys: Sequence[str], prefix: str, delimiter: str) -> list[str]:
    """One key for each entry of the listing: those behind it would fold into the same prefix."""
    entries: dict[str, str] = {}
    for key in keys:
        entries.setdefault(listing.fold(key, prefix, delimiter)[0], key)
    return list(entries.values())
