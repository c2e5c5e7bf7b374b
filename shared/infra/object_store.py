"""Objects in an S3-compatible store (MinIO).

Integrity is a SHA-256 of our own, kept in the object's metadata. An ETag isn't one: for a multi-part upload it is a
hash of the parts' hashes, with encryption it is nothing of the kind.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.versioningconfig import VersioningConfig

from shared.errors import NotFound, ServiceUnavailable
from shared.kernel.context import current_or_none
from shared.settings import ServiceSettings

PART_BYTES = 8 * 2**20
"""Larger objects are sent in parts of this size (S3's least is 5 MiB)."""
CHUNK_BYTES = 64 * 2**10
REGION = "us-east-1"
"""What MinIO calls itself; set so that the client needn't ask before every first request."""
CONNECT_SECONDS, READ_SECONDS = 1.0, 5.0
"""How long the store may take for a connection, and for each of its answers' pieces."""
RETRIES = 1
REFUSAL_SECONDS = 1.5
"""What is kept of a request's time, half of it at most, so that a refusal still reaches whoever waits for it."""
RETRY_AFTER_SECONDS = 1
SHA256_KEY = "sha256"
METADATA_PREFIX = "x-amz-meta-"
BUCKET_WORKERS = 4

NOT_FOUND_CODES = frozenset(
    {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "NoSuchUpload", "NotFound", "MethodNotAllowed"}
)
"""`MethodNotAllowed` is S3's answer to reading a delete marker by its version."""
BUCKET_IS_THERE_CODES = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class ObjectNotFound(NotFound):
    """No such bucket, object or version."""

    code = "object_not_found"


class ObjectCorrupted(ServiceUnavailable):
    """What was read isn't what was written."""

    code = "object_corrupted"


class ObjectStoreUnavailable(ServiceUnavailable):
    """The object store doesn't answer, or refuses."""

    code = "object_store_unavailable"


@dataclass(frozen=True)
class BucketClaim:
    """A service needs a bucket. Several may claim the same one; it is versioned if any of them says so."""

    service: str
    bucket: str
    versioned: bool = False


@dataclass(frozen=True)
class StoredObject:
    """An object's description. `sha256` is empty for an object that wasn't put through this adapter."""

    bucket: str
    name: str
    size: int
    sha256: str
    version_id: str | None = None
    etag: str = ""
    content_type: str = ""
    last_modified: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedObject:
    """An object, or one version of it, in a listing."""

    name: str
    size: int
    etag: str
    last_modified: datetime | None
    version_id: str | None = None
    is_latest: bool = True
    is_delete_marker: bool = False


class BoundedPool(urllib3.PoolManager):
    """Connections whose requests take no longer than the request that they are made for has left."""

    def urlopen(  # type: ignore[override]  # as urllib3 itself: its base takes other things
        self, method: str, url: str, redirect: bool = True, **options: Any
    ) -> urllib3.BaseHTTPResponse:
        """As urllib3's. Raises DeadlineExceeded when no time is left."""
        options.setdefault("timeout", patience())
        return super().urlopen(method, url, redirect, **options)


def patience() -> urllib3.Timeout:
    """How long one attempt may take in the present context, when all of them may take as long as is left of its time.

    Raises DeadlineExceeded when nothing is, which isn't the store's fault.
    """
    context = current_or_none()
    share = READ_SECONDS
    if context is not None and context.deadline is not None:
        context.deadline.check()
        left = context.deadline.remaining()
        share = max(left - REFUSAL_SECONDS, left / 2) / (1 + RETRIES)
    return urllib3.Timeout(connect=min(share, CONNECT_SECONDS), read=min(share, READ_SECONDS))


class ObjectStore:
    """Methods raise ObjectNotFound and ObjectStoreUnavailable."""

    def __init__(self, client: Any) -> None:
        self.client = client

    @classmethod
    def from_settings(cls, settings: ServiceSettings) -> ObjectStore:
        """The store these settings point at; nothing is connected yet."""
        retries = urllib3.Retry(total=RETRIES, backoff_factor=0.1, status_forcelist=(500, 502, 503, 504))
        return cls(
            Minio(
                settings.s3_endpoint,
                access_key=settings.s3_access_key,
                secret_key=settings.s3_secret_key,
                secure=settings.s3_tls,
                region=REGION,
                http_client=BoundedPool(retries=retries, maxsize=10),
            )
        )

    def ensure_buckets(self, claims: Sequence[BucketClaim]) -> None:
        """Make every claimed bucket that isn't there; any number of processes may do so at the same time."""
        versioned = frozenset(claim.bucket for claim in claims if claim.versioned)
        with ThreadPoolExecutor(BUCKET_WORKERS) as pool:
            list(pool.map(lambda claim: self._ensure_bucket(claim.bucket, claim.bucket in versioned), claims))

    def _ensure_bucket(self, bucket: str, versioned: bool) -> None:
        with translated():
            try:
                self.client.make_bucket(bucket)
            except S3Error as error:
                if error.code not in BUCKET_IS_THERE_CODES:  # Another process was faster: just as good.
                    raise
            if versioned:
                self.client.set_bucket_versioning(bucket, VersioningConfig(ENABLED))

    def put(
        self,
        bucket: str,
        name: str,
        data: bytes,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> StoredObject:
        """Store bytes."""
        return self.put_stream(bucket, name, io.BytesIO(data), content_type=content_type, metadata=metadata)

    def put_stream(
        self,
        bucket: str,
        name: str,
        stream: BinaryIO,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> StoredObject:
        """Store a seekable stream from its beginning, in parts when it is large; it is read twice."""
        sha256, size = _digest(stream)
        attributes = {**(metadata or {}), SHA256_KEY: sha256}
        with translated():
            result = self.client.put_object(
                bucket, name, stream, size, content_type=content_type, metadata=attributes, part_size=PART_BYTES
            )
        return StoredObject(
            bucket, name, size, sha256, result.version_id, result.etag, content_type, None, dict(metadata or {})
        )

    def get(self, bucket: str, name: str, version_id: str | None = None) -> bytes:
        """The bytes of an object. Raises ObjectCorrupted when they aren't those that were put."""
        return b"".join(self.stream(bucket, name, version_id))

    def stream(self, bucket: str, name: str, version_id: str | None = None) -> Iterator[bytes]:
        """The bytes in pieces. Raises ObjectCorrupted after the last piece, so use nothing before the end."""
        with translated():
            response = self.client.get_object(bucket, name, version_id=version_id)
            try:
                digest = hashlib.sha256()
                for chunk in response.stream(CHUNK_BYTES):
                    digest.update(chunk)
                    yield chunk
                verify(bucket, name, response.headers.get(METADATA_PREFIX + SHA256_KEY, ""), digest.hexdigest())
            finally:
                response.close()
                response.release_conn()

    def stream_range(self, bucket: str, name: str, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes (at least one) from `offset` on, in pieces. They are those that are there, not verified."""
        with translated():
            response = self.client.get_object(bucket, name, offset=offset, length=length)
            try:
                yield from response.stream(CHUNK_BYTES)
            finally:
                response.close()
                response.release_conn()

    def stat(self, bucket: str, name: str, version_id: str | None = None) -> StoredObject:
        """An object's description, without its bytes."""
        with translated():
            found = self.client.stat_object(bucket, name, version_id=version_id)
        metadata = _user_metadata(found.metadata or {})
        sha256 = metadata.pop(SHA256_KEY, "")
        return StoredObject(
            bucket, name, found.size, sha256, found.version_id, found.etag, found.content_type or "",
            found.last_modified, metadata,
        )  # fmt: skip

    def delete(self, bucket: str, name: str, version_id: str | None = None) -> None:
        """Delete an object or one version; in a versioned bucket the former only puts a delete marker on top."""
        with translated():
            self.client.remove_object(bucket, name, version_id=version_id)

    def list(
        self, bucket: str, prefix: str = "", *, start_after: str = "", limit: int = 1000
    ) -> tuple[ListedObject, ...]:
        """At most `limit` objects under a prefix, in name order, after a name."""
        with translated():
            found = self.client.list_objects(
                bucket, prefix=prefix or None, recursive=True, start_after=start_after or None
            )
            return tuple(_listed(item) for item in islice(found, limit))

    def versions(self, bucket: str, prefix: str = "") -> tuple[ListedObject, ...]:
        """All versions and delete markers under a prefix."""
        with translated():
            found = self.client.list_objects(bucket, prefix=prefix or None, recursive=True, include_version=True)
            return tuple(_listed(item) for item in found)

    def erase(self, bucket: str, name: str) -> None:
        """Delete an object with all its versions: nothing of its bytes is left, in a versioned bucket neither."""
        for version in self.versions(bucket, name):
            if version.name == name:
                self.delete(bucket, name, version.version_id)


def verify(bucket: str, name: str, expected_sha256: str, actual_sha256: str) -> None:
    """Raise ObjectCorrupted unless the digests agree; an object that was put without one can't be judged."""
    if expected_sha256 and actual_sha256 != expected_sha256:
        raise ObjectCorrupted(f"{bucket}/{name} has SHA-256 {actual_sha256}, not {expected_sha256}")


@contextmanager
def translated() -> Iterator[None]:
    """Raise ObjectNotFound or ObjectStoreUnavailable for the client's own errors."""
    try:
        yield
    except S3Error as error:
        if error.code in NOT_FOUND_CODES:
            raise ObjectNotFound(f"no such object: {error.bucket_name}/{error.object_name}") from error
        raise ObjectStoreUnavailable(
            f"the object store refuses: {error.code}", retry_after=RETRY_AFTER_SECONDS
        ) from error
    except (urllib3.exceptions.HTTPError, ServerError, InvalidResponseError) as error:
        reason = getattr(error, "reason", None) or error
        raise ObjectStoreUnavailable(
            f"the object store doesn't answer: {type(reason).__name__}", retry_after=RETRY_AFTER_SECONDS
        ) from error


def _digest(stream: BinaryIO) -> tuple[str, int]:
    stream.seek(0)
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    stream.seek(0)
    return digest.hexdigest(), size


def _user_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    lowered = {key.lower(): value for key, value in headers.items()}
    return {
        key.removeprefix(METADATA_PREFIX): value for key, value in lowered.items() if key.startswith(METADATA_PREFIX)
    }


def _listed(item: Any) -> ListedObject:
    marker = bool(item.is_delete_marker)
    latest = item.version_id is None or str(item.is_latest).lower() == "true"
    etag = (item.etag or "").strip('"')
    return ListedObject(item.object_name, item.size or 0, etag, item.last_modified, item.version_id, latest, marker)
