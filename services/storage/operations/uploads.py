"""Multi-part uploads: the parts lie in the object store until they are put together there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.storage import published
from services.storage.domain import uploads as rules
from services.storage.domain.objects import valid_object_key
from services.storage.domain.uploads import MAX_PART_BYTES, EntityTooLarge, Part
from services.storage.operations import objects
from services.storage.ports import Ports
from services.storage.repository import BucketRepository, ObjectRepository, UploadRepository
from services.storage.tables import Bucket, ObjectVersion, Upload, UploadPart
from shared.errors import NotFound
from shared.infra.db.hooks import after_commit, after_rollback
from shared.infra.multipart import UploadedPart
from shared.infra.object_store import ObjectNotFound
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


class NoSuchUpload(NotFound):
    """The bucket has no such unfinished upload."""

    code = "no_such_upload"


def start(session: Session, ports: Ports, bucket_name: str, key: str, content_type: str) -> Upload:
    """Begin an upload of one object. Raises NoSuchBucket or InvalidObjectKey."""
    bucket = BucketRepository(session).named(bucket_name)
    valid_object_key(key)
    store_bucket, blob = ports.settings.object_bucket, objects.blob_name(bucket)
    store_upload_id = ports.multipart.create(store_bucket, blob, content_type=content_type)
    after_rollback(session, lambda: ports.multipart.abort(store_bucket, blob, store_upload_id))
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


def put_part(session: Session, ports: Ports, bucket_name: str, upload_id: str, number: int, data: bytes) -> UploadPart:
    """Store one part; the same number again replaces it. Raises InvalidPartNumber or EntityTooLarge."""
    rules.valid_part_number(number)
    if len(data) > MAX_PART_BYTES:
        raise EntityTooLarge(f"a part has at most {MAX_PART_BYTES} bytes")
    _, upload = _find(session, bucket_name, upload_id)
    ports.multipart.upload_part(ports.settings.object_bucket, upload.blob, upload.store_upload_id, number, data)
    part = UploadPart(
        id=new_id("part"),
        tenant_id=current_tenant(),
        upload_id=upload.id,
        number=number,
        size=len(data),
        etag=hashlib.md5(data, usedforsecurity=False).hexdigest(),
    )
    UploadRepository(session).put_part(part)
    return part


def parts(session: Session, bucket_name: str, upload_id: str) -> Sequence[UploadPart]:
    """The parts that have arrived, by number."""
    return UploadRepository(session).parts(_find(session, bucket_name, upload_id)[1])


def complete(
    session: Session, ports: Ports, bucket_name: str, upload_id: str, listed: Sequence[tuple[int, str]]
) -> ObjectVersion:
    """Make the object of the listed parts.

    Raises InvalidPartOrder, InvalidPart, EntityTooSmall or EntityTooLarge; the upload goes on then.
    """
    bucket, upload = _find(session, bucket_name, upload_id, lock=True)
    arrived = {row.number: Part(row.number, row.etag, row.size) for row in UploadRepository(session).parts(upload)}
    chosen = rules.completed_parts(arrived, listed)
    _put_together(ports, upload, chosen)
    content = objects.Content(
        upload.blob, sum(part.size for part in chosen), rules.multipart_etag(chosen), upload.content_type
    )
    stored = ObjectRepository(session).claim(bucket, upload.key)
    version = objects.add_version(session, ports, bucket, stored, content)
    published.upload_completed(session, bucket, upload, version.version_id)
    UploadRepository(session).remove(upload)
    return version


def abort(session: Session, ports: Ports, bucket_name: str, upload_id: str) -> None:
    """Give an upload up; its parts are freed after the commit."""
    bucket, upload = _find(session, bucket_name, upload_id, lock=True)
    published.upload_aborted(session, bucket, upload)
    UploadRepository(session).remove(upload)
    store_bucket = ports.settings.object_bucket
    after_commit(session, lambda: ports.multipart.abort(store_bucket, upload.blob, upload.store_upload_id))


def _put_together(ports: Ports, upload: Upload, chosen: Sequence[Part]) -> None:
    """Complete the upload in the object store; an earlier attempt whose transaction failed has done it already."""
    store_bucket = ports.settings.object_bucket
    ordered = [UploadedPart(part.number, part.etag, part.size) for part in chosen]
    try:
        ports.multipart.complete(store_bucket, upload.blob, upload.store_upload_id, ordered)
    except ObjectNotFound:
        if ports.store.stat(store_bucket, upload.blob).size != sum(part.size for part in chosen):
            raise


def _find(session: Session, bucket_name: str, upload_id: str, *, lock: bool = False) -> tuple[Bucket, Upload]:
    bucket = BucketRepository(session).named(bucket_name)
    try:
        upload = UploadRepository(session).get(upload_id, lock=lock)
    except NotFound as error:
        raise NoSuchUpload(f"there is no unfinished upload {upload_id}") from error
    if upload.bucket_id != bucket.id:
        raise NoSuchUpload(f"there is no unfinished upload {upload_id} in {bucket_name}")
    return bucket, upload
