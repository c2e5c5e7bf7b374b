"""Multi-part uploads: the parts lie in the object store until they are put together there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy.orm import Session

from services.storage import published
from services.storage.domain import uploads as rules
from services.storage.domain.conditions import Conditions, ensure_writable
from services.storage.domain.objects import valid_content_type, valid_object_key
from services.storage.domain.uploads import Part
from services.storage.operations import objects
from services.storage.operations.bodies import Body
from services.storage.ports import Ports
from services.storage.repository import BucketRepository, UploadRepository, throw_away
from services.storage.tables import Bucket, ObjectVersion, Upload, UploadPart
from shared.errors import NotFound
from shared.infra.db.hooks import after_rollback
from shared.infra.db.sqlalchemy import check_version
from shared.infra.multipart import PartsRefused, UploadedPart
from shared.infra.object_store import ObjectNotFound
from shared.infra.pieces import Piece
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


class NoSuchUpload(NotFound):
    """The bucket has no such unfinished upload."""

    code = "no_such_upload"


def start(session: Session, ports: Ports, bucket_name: str, key: str, content_type: str) -> Upload:
    """Begin an upload of one object. Raises NoSuchBucket, InvalidObjectKey or InvalidContentType."""
    valid_object_key(key)
    valid_content_type(content_type)
    bucket = BucketRepository(session).named(bucket_name)
    store_bucket, blob = ports.settings.object_bucket, objects.blob_name(bucket)
    objects.let_go(session)
    with ports.store_rooms.room():
        store_upload_id = ports.multipart.create(store_bucket, blob, content_type=content_type)
    after_rollback(session, lambda: ports.multipart.abort(store_bucket, blob, store_upload_id))
    bucket = BucketRepository(session).named(bucket_name, keep=True)
    upload = UploadRepository(session).add(
        Upload(
            id=new_id("up"),
            tenant_id=current_tenant(),
            bucket_id=bucket.id,
            key=key,
            content_type=content_type,
            blob=blob,
            store_upload_id=store_upload_id,
        )
    )
    published.upload_started(session, bucket, upload)
    return upload


def get(session: Session, bucket_name: str, upload_id: str) -> Upload:
    """An unfinished upload. Raises NoSuchUpload."""
    return _find(session, bucket_name, upload_id)[1]


def put_part(
    session: Session,
    ports: Ports,
    bucket_name: str,
    upload_id: str,
    number: int,
    body: Body,
    conditions: Conditions,
) -> UploadPart:
    """Store one part; the same number again replaces it. Raises InvalidPartNumber, NoSuchUpload, PreconditionFailed.

    Of several that are put beside each other the one is noted that arrives last in the object store (S3, UploadPart).

    The upload is held while its part is noted, so that a part is either seen by who completes or aborts it, or refused.
    It isn't held while the part is on its way: that would take a connection, and the other parts would wait. Only under
    a condition it is: the object store replaces parts without one, and what is refused must not have replaced any.
    """
    rules.valid_part_number(number)
    conditional = conditions != Conditions()
    _, upload = _find(session, bucket_name, upload_id, lock=conditional)
    before = UploadRepository(session).part(upload, number)
    ensure_writable(conditions, before.etag if before else None)
    if not conditional:
        objects.let_go(session)
    store_bucket = ports.settings.object_bucket
    with ports.store_rooms.room(), _unfinished(upload):
        sent = ports.multipart.upload_stream(
            store_bucket, upload.blob, upload.store_upload_id, number, body.file, body.size
        )
    try:
        _find(session, bucket_name, upload_id, lock=True)
    except NotFound:
        after_rollback(session, lambda: _free(ports, upload))
        raise
    part = UploadPart(
        id=new_id("part"),
        tenant_id=current_tenant(),
        upload_id=upload.id,
        number=number,
        size=body.size,
        etag=body.md5,
        sha256=body.sha256,
    )
    if UploadRepository(session).part(upload, number) is not before:  # Another one was noted meanwhile.
        with ports.store_rooms.room(), _unfinished(upload):
            if not ports.multipart.holds(store_bucket, upload.blob, upload.store_upload_id, sent):
                return part  # It arrived later, too: it has replaced this one.
    UploadRepository(session).put_part(part)
    return part


def parts(session: Session, bucket_name: str, upload_id: str) -> Sequence[UploadPart]:
    """The parts that have arrived, by number."""
    return UploadRepository(session).parts(_find(session, bucket_name, upload_id)[1])


def complete(
    session: Session,
    ports: Ports,
    bucket_name: str,
    upload_id: str,
    listed: Sequence[tuple[int, str]],
    conditions: Conditions,
) -> ObjectVersion:
    """Make the object of the listed parts, if what is there now is what the conditions say.

    Raises InvalidPartOrder, InvalidPart, EntityTooSmall, EntityTooLarge or PreconditionFailed; the upload goes on then.
    """
    _, upload = _find(session, bucket_name, upload_id, lock=True)
    rows = {row.number: row for row in UploadRepository(session).parts(upload)}
    arrived = {number: Part(number, row.etag, row.size) for number, row in rows.items()}
    chosen = rules.completed_parts(arrived, listed)
    bucket, stored = objects.claim(session, bucket_name, upload.key, conditions)
    with ports.store_rooms.room():
        put_together(ports, upload, chosen)
    content = objects.Content(
        upload.blob,
        sum(part.size for part in chosen),
        rules.multipart_etag(chosen),
        upload.content_type,
        [Piece(part.size, rows[part.number].sha256) for part in chosen],
    )
    version = objects.add_version(session, ports, bucket, stored, content)
    published.upload_completed(session, bucket, upload, version.version_id)
    UploadRepository(session).end(upload)
    return version


def abort(session: Session, bucket_name: str, upload_id: str, expected: EntityTags | None) -> None:
    """Give an upload up; its parts are swept after the commit."""
    bucket, upload = _find(session, bucket_name, upload_id, lock=True)
    check_version(upload, expected)
    end(session, bucket, upload)


def end(session: Session, bucket: Bucket, upload: Upload, *, by_rule: bool = False) -> None:
    """Give a held upload up, for a caller or by a lifecycle rule."""
    published.upload_aborted(session, bucket, upload, by_rule=by_rule)
    throw_away(session, {upload.blob})
    UploadRepository(session).end(upload)


@contextmanager
def _unfinished(upload: Upload) -> Iterator[None]:
    """Raise NoSuchUpload when the object store has it no more: it was completed or given up meanwhile."""
    try:
        yield
    except ObjectNotFound as error:
        raise NoSuchUpload(f"there is no unfinished upload {upload.id} any more") from error


def _free(ports: Ports, upload: Upload) -> None:
    """Free a part that arrived in the object store while its upload was ended there: S3 may keep it (its
    AbortMultipartUpload says to abort once more then).
    """
    with suppress(ObjectNotFound):
        ports.multipart.abort(ports.settings.object_bucket, upload.blob, upload.store_upload_id)


def put_together(ports: Ports, upload: Upload, chosen: Sequence[Part]) -> None:
    """Complete the upload in the object store; an earlier attempt whose transaction failed may have done it already.

    Raises InvalidPart when that one made the object of other parts, or another part of the same number came meanwhile.
    """
    store_bucket = ports.settings.object_bucket
    ordered = [UploadedPart(part.number, part.etag, part.size) for part in chosen]
    try:
        made = ports.multipart.complete(store_bucket, upload.blob, upload.store_upload_id, ordered)
    except ObjectNotFound:
        made = ports.store.stat(store_bucket, upload.blob)
    except PartsRefused as error:
        # A part of that number was sent again and never noted: its request was refused or cut off after it had arrived.
        raise rules.InvalidPart("a part was replaced by another one; send the listed parts again") from error
    if made.etag != rules.multipart_etag(chosen):  # Some stores say that all is well and keep what they made first.
        raise rules.InvalidPart("the upload was put together of other parts; list those, or give it up")


def _find(session: Session, bucket_name: str, upload_id: str, *, lock: bool = False) -> tuple[Bucket, Upload]:
    bucket = BucketRepository(session).named(bucket_name, keep=lock)
    try:
        upload = UploadRepository(session).get(upload_id, lock=lock)
    except NotFound as error:
        raise NoSuchUpload(f"there is no unfinished upload {upload_id}") from error
    if upload.bucket_id != bucket.id:
        raise NoSuchUpload(f"there is no unfinished upload {upload_id} in {bucket_name}")
    return bucket, upload
