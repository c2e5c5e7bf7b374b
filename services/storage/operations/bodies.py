"""Bodies of uploads: the bytes as they came, with the digests that were made on the way."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from services.storage.domain.uploads import MAX_PART_BYTES, EntityTooLarge
from shared.errors import BadRequest

IN_MEMORY_BYTES = 2**20
"""A larger body waits in a temporary file: what many clients send at once doesn't add up in memory."""
MD5_BYTES = 16


class BodyMismatch(BadRequest):
    """The body isn't the one that `Content-MD5` was made of."""

    code = "bad_digest"


@dataclass(frozen=True)
class Body:
    """A whole body. `file` is seekable; `md5` and `sha256` are hex digests of its `size` bytes."""

    file: BinaryIO
    size: int
    md5: str
    sha256: str


class Receiver:
    """Takes a body in as it comes. Close it when the body is no longer needed."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - closed by `close`
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._size = 0

    def take(self, chunk: bytes) -> None:
        """The next bytes. Raises EntityTooLarge as soon as it is known."""
        self._size += len(chunk)
        ensure_size(self._size)
        self._md5.update(chunk)
        self._sha256.update(chunk)
        self._file.write(chunk)

    def body(self, content_md5: str | None) -> Body:
        """All that came. Raises BodyMismatch when `Content-MD5` (RFC 1864, Base64) says that it was something else."""
        if content_md5 is not None and _md5_of(content_md5) != self._md5.digest():
            raise BodyMismatch("the body is not the one that Content-MD5 was made of")
        return Body(cast(BinaryIO, self._file), self._size, self._md5.hexdigest(), self._sha256.hexdigest())

    def close(self) -> None:
        """Forget it."""
        self._file.close()


def ensure_size(size: int) -> None:
    """Raise EntityTooLarge for what is more than one request may bring: 5 GiB, as in S3."""
    if size > MAX_PART_BYTES:
        raise EntityTooLarge(f"one request brings at most {MAX_PART_BYTES} bytes; send more in parts")


def _md5_of(header: str) -> bytes | None:
    """The digest in `Content-MD5`; None for what isn't one."""
    try:
        digest = base64.b64decode(header.strip(), validate=True)
    except (ValueError, binascii.Error):
        return None
    return digest if len(digest) == MD5_BYTES else None
