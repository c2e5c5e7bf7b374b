"""Uploads in parts, as an S3 server answers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from minio.error import S3Error

from shared.infra.multipart import MultipartUploads, PartsRefused, UploadedPart
from shared.infra.object_store import ObjectNotFound, ObjectStore, ObjectStoreUnavailable


class Client:
    """The client of an S3 server that refuses to complete an upload."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*args: object, **kwargs: object) -> Any:
            raise S3Error(None, self._code, "no", "bucket", "r", "h", "bucket", "object")

        return refuse


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("InvalidPart", PartsRefused),  # Its part of that number has another entity tag: no use in asking again.
        ("NoSuchUpload", ObjectNotFound),
        ("SlowDown", ObjectStoreUnavailable),
    ],
)
def test_why_an_upload_is_not_completed(code: str, raised: type[Exception]) -> None:
    """S3's errors of CompleteMultipartUpload."""
    uploads = MultipartUploads(ObjectStore(Client(code)))
    with pytest.raises(raised):
        uploads.complete("bucket", "object", "upload", [UploadedPart(1, "a" * 32)])
