"""Uploads in parts, as an S3 server answers them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
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


class Server:
    """A client of an S3 server with unfinished uploads; one is `over` by the time that it is to be given up."""

    def __init__(self, *uploads: tuple[str, str]) -> None:
        self._uploads = uploads
        self.aborted: list[tuple[str, str]] = []

    def _list_multipart_uploads(self, bucket: str, prefix: str) -> SimpleNamespace:
        found = [SimpleNamespace(object_name=name, upload_id=id) for name, id in self._uploads]
        return SimpleNamespace(uploads=[each for each in found if each.object_name.startswith(prefix)])

    def _abort_multipart_upload(self, bucket: str, name: str, upload_id: str) -> None:
        if upload_id == "over":
            raise S3Error(None, "NoSuchUpload", "no", name, "r", "h", bucket, name)
        self.aborted.append((name, upload_id))


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


def test_all_uploads_of_a_name_are_given_up_and_no_other() -> None:
    server = Server(("a/blob", "1"), ("a/blob", "over"), ("a/blob", "2"), ("a/blob-2", "3"))
    MultipartUploads(ObjectStore(server)).abort_all("bucket", "a/blob")
    assert server.aborted == [("a/blob", "1"), ("a/blob", "2")]
