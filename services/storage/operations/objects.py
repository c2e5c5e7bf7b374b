"""Objects: write, read, delete. Content is an immutable blob; a version row says what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.storage import published
from services.storage.domain import versions
from services.storage.domain.conditions import Conditions, ensure_writable
from services.storage.domain.objects import valid_content_type, valid_object_key
from services.storage.domain.versions import Version, Versioning
from services.storage.operations.bodies import Body
from services.storage.ports import Ports
from services.storage.repository import BucketRepository, ObjectRepository
from services.storage.tables import Bucket, ObjectVersion, StoredObject
from shared.infra.db.hooks import after_rollback
from shared.infra.db.sqlalchemy import touch
from shared.infra.pieces import Piece
from shared.kernel.context import current, current_tenant
from shared.utils.ids import new_id


@dataclass(frozen=True)
class Content:
    """A blob in the object store that becomes a version."""

    blob: str
    size: int
    etag: str
    content_type: str
    pieces: Sequence[Piece]


def blob_name(bucket: Bucket) -> str:
    """Where the content of a new version lies: a name of its own, so that it is never overwritten."""
    return f"{bucket.tenant_id}/{bucket.id}/{new_id('blob')}"


def put(
    session: Session, ports: Ports, bucket_name: str, key: str, body: Body, content_type: str, conditions: Conditions
) -> ObjectVersion:
    """Store an object; writers of one key follow each other, and none waits while another's content is on its way.

    Raises NoSuchBucket, InvalidObjectKey, InvalidContentType or PreconditionFailed.
    """
    valid_content_type(content_type)
    bucket = BucketRepository(session).named(bucket_name)
    _refuse_early(session, bucket, valid_object_key(key), conditions)
    store_bucket, blob = ports.settings.object_bucket, blob_name(bucket)
    let_go(session)
    with ports.store_rooms.room():
        ports.store.put_stream(store_bucket, blob, body.file, content_type=content_type)
    after_rollback(session, lambda: ports.store.delete(store_bucket, blob))
    content = Content(blob, body.size, body.md5, content_type, [Piece(body.size, body.sha256)])
    bucket, stored = claim(session, bucket_name, key, conditions)
    return add_version(session, ports, bucket, stored, content)


def let_go(session: Session) -> None:
    """Give the connection back before the object store is asked: a slow one must not hold those of all.

    Nothing has been written yet. Under an idempotency key it is kept: the key is claimed by the transaction.
    """
    if current().idempotency_key is None:
        session.commit()


def claim(session: Session, bucket_name: str, key: str, conditions: Conditions) -> tuple[Bucket, StoredObject]:
    """A bucket and a key of it, held to get a version. Raises NoSuchBucket or PreconditionFailed."""
    bucket = BucketRepository(session).named(bucket_name, keep=True)
    stored = ObjectRepository(session).claim(bucket, key)
    ensure_writable(conditions, _present_etag(ObjectRepository(session).top(stored)))
    return bucket, stored


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
    rows = objects.top(stored, version_id) if stored else []
    stack = _domain(rows)
    found = versions.current(stack) if version_id is None else versions.exactly(stack, version_id)
    return next(row for row in rows if row.version_id == found.id)


def delete(
    session: Session, ports: Ports, bucket_name: str, key: str, version_id: str | None, conditions: Conditions
) -> versions.Deletion:
    """Delete a key or one of its versions. A key that isn't there is deleted without complaint, as S3 does it.

    Raises NoSuchBucket, NoSuchVersion or PreconditionFailed.
    """
    bucket = BucketRepository(session).named(bucket_name, keep=True)
    objects = ObjectRepository(session)
    stored = objects.find(bucket, key, lock=True)
    ensure_writable(conditions, _present_etag(objects.top(stored)) if stored else None)
    if stored is None:
        # Only a delete marker needs the key's row: one without any version would stay, seen by nobody.
        nothing = versions.delete([], Versioning(bucket.versioning), version_id, new_id("v"))
        if nothing.marker is None:
            return nothing
        stored = objects.claim(bucket, valid_object_key(key))
    return remove(session, ports, bucket, stored, version_id)


def remove(
    session: Session,
    ports: Ports,
    bucket: Bucket,
    stored: StoredObject,
    version_id: str | None,
    *,
    by_rule: bool = False,
) -> versions.Deletion:
    """Delete a held key, or one of its versions, for a caller or by a lifecycle rule. Raises NoSuchVersion."""
    objects = ObjectRepository(session)
    rows = objects.top(stored, versions.NULL_VERSION, version_id)
    deletion = versions.delete(_domain(rows), Versioning(bucket.versioning), version_id, new_id("v"))
    if deletion.marker is not None:
        _push(session, ports, stored, deletion.marker, None)
    else:
        objects.remove_versions([row for row in rows if row.version_id in deletion.removed])
        touch(stored)
    rest = objects.top(stored)
    stored.visible = bool(rest) and not rest[-1].delete_marker
    if rest:
        rest[-1].superseded_at = None
    published.object_deleted(session, bucket, stored, deletion.removed, deletion.marker, by_rule=by_rule)
    if not rest:
        objects.remove(stored)
    return deletion


def _refuse_early(session: Session, bucket: Bucket, key: str, conditions: Conditions) -> None:
    """Refuse what can be seen to fail before its content is sent anywhere; who writes meanwhile is seen later."""
    if conditions == Conditions():
        return
    objects = ObjectRepository(session)
    stored = objects.find(bucket, key)
    ensure_writable(conditions, _present_etag(objects.top(stored)) if stored else None)
    session.expunge_all()  # It is read anew, under its lock.


def _present_etag(rows: Sequence[ObjectVersion]) -> str | None:
    """The entity tag of what a plain read gets; None when there is nothing."""
    return rows[-1].etag if rows and not rows[-1].delete_marker else None


def _push(
    session: Session, ports: Ports, stored: StoredObject, version_id: str, content: Content | None
) -> ObjectVersion:
    """Put a version (without content: a delete marker) on top; one of the same id is replaced."""
    objects = ObjectRepository(session)
    rows = objects.top(stored, version_id)
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
        pieces=[(piece.size, piece.sha256) for piece in content.pieces] if content else [],
    )
    session.add(added)
    stored.visible = content is not None
    touch(stored)
    session.flush()
    return added


def _domain(rows: Sequence[ObjectVersion]) -> list[Version]:
    return [Version(row.version_id, row.delete_marker) for row in rows]
