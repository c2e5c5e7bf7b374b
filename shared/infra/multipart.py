"""Uploads in parts that the caller controls, each part in a request of its own (S3's multi-part upload)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from minio.datatypes import Part as MinioPart
from minio.error import S3Error

from shared.infra.object_store import (
    METADATA_PREFIX,
    PART_BYTES,
    ObjectNotFound,
    ObjectStore,
    ObjectStoreUnavailable,
    StoredObject,
    translated,
)

MIN_PART_BYTES = 5 * 2**20
"""S3 refuses to complete an upload with a smaller part, the last one excepted."""
MAX_PARTS = 10_000
SEND_WITHIN = timedelta(minutes=15)
HTTP_OK, HTTP_NOT_FOUND = 200, 404


PARTS_REFUSED_CODE = "InvalidPart"


class PartsRefused(Exception):
    """The object store holds other parts than those that it is to put together: asking again doesn't help."""


@dataclass(frozen=True)
class UploadedPart:
    """One part that has arrived; numbers go from 1 to 10,000 and needn't be dense."""

    number: int
    etag: str
    size: int = 0


class MultipartUploads:
    """Methods raise ObjectNotFound (for an unknown upload too) and ObjectStoreUnavailable.

    minio-py has these requests only as private methods; its version is pinned.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def create(
        self,
        bucket: str,
        name: str,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Begin an upload; its id."""
        headers = {"Content-Type": content_type}
        headers |= {METADATA_PREFIX + key: value for key, value in (metadata or {}).items()}
        with translated():
            return str(self._store.client._create_multipart_upload(bucket, name, headers))

    def upload_part(self, bucket: str, name: str, upload_id: str, number: int, data: bytes) -> UploadedPart:
        """Send one part; sending a number again replaces it. Raises ValueError for a number outside 1..10,000."""
        if not 1 <= number <= MAX_PARTS:
            raise ValueError(f"part numbers go from 1 to {MAX_PARTS}, not {number}")
        with translated():
            etag = self._store.client._upload_part(bucket, name, data, None, upload_id, number)
        return UploadedPart(number, etag, len(data))

    def upload_stream(
        self, bucket: str, name: str, upload_id: str, number: int, stream: BinaryIO, size: int
    ) -> UploadedPart:
        """Send one part from a seekable stream, in bounded memory whatever its size. Else as `upload_part`."""
        stream.seek(0)
        if size <= PART_BYTES:
            return self.upload_part(bucket, name, upload_id, number, stream.read())
        if not 1 <= number <= MAX_PARTS:
            raise ValueError(f"part numbers go from 1 to {MAX_PARTS}, not {number}")
        # A signed request has the digest of its body in front of it; a signed address goes without.
        where = {"partNumber": str(number), "uploadId": upload_id}
        client = self._store.client
        with translated():
            url = client.get_presigned_url("PUT", bucket, name, expires=SEND_WITHIN, extra_query_params=where)
            answer = client._http.urlopen("PUT", url, body=stream, headers={"Content-Length": str(size)})
        if answer.status == HTTP_NOT_FOUND:
            raise ObjectNotFound(f"no such upload: {bucket}/{name}")
        if answer.status != HTTP_OK:
            raise ObjectStoreUnavailable(f"the object store refuses a part: {answer.status}", retry_after=1)
        return UploadedPart(number, answer.headers["ETag"].strip('"'), size)

    def parts(self, bucket: str, name: str, upload_id: str) -> tuple[UploadedPart, ...]:
        """The parts that have arrived, in number order."""
        found: list[UploadedPart] = []
        marker: str | None = None
        while True:
            with translated():
                page = self._store.client._list_parts(bucket, name, upload_id, part_number_marker=marker)
            found += [UploadedPart(part.part_number, part.etag.strip('"'), part.size or 0) for part in page.parts]
            if not page.is_truncated:
                return tuple(found)
            marker = str(page.next_part_number_marker)

    def holds(self, bucket: str, name: str, upload_id: str, part: UploadedPart) -> bool:
        """Whether an upload can be completed with a part that was sent: it was not replaced by another one since.

        A store that keeps replaced parts until the end (SeaweedFS does) has them all.
        """
        with translated():
            page = self._store.client._list_parts(bucket, name, upload_id, part_number_marker=str(part.number - 1))
        return any((each.part_number, each.etag.strip('"')) == (part.number, part.etag) for each in page.parts)

    def complete(self, bucket: str, name: str, upload_id: str, parts: Sequence[UploadedPart]) -> StoredObject:
        """Make one object of the parts, in number order. Raises PartsRefused where one was replaced meanwhile."""
        ordered = [MinioPart(part.number, part.etag) for part in sorted(parts, key=lambda part: part.number)]
        with translated():
            try:
                self._store.client._complete_multipart_upload(bucket, name, upload_id, ordered)
            except S3Error as error:
                if error.code == PARTS_REFUSED_CODE:
                    raise PartsRefused(f"the parts of {bucket}/{name} are others") from error
                raise
        return self._store.stat(bucket, name)

    def abort(self, bucket: str, name: str, upload_id: str) -> None:
        """Give an upload up and free its parts."""
        with translated():
            self._store.client._abort_multipart_upload(bucket, name, upload_id)

    def abort_all(self, bucket: str, name: str) -> None:
        """Give up every unfinished upload of a name; there may be none."""
        with translated():
            found = self._store.client._list_multipart_uploads(bucket, prefix=name).uploads
        for upload in found:
            if upload.object_name == name:
                with suppress(ObjectNotFound):  # It was given up, or put together, meanwhile.
                    self.abort(bucket, name, upload.upload_id)
