"""What an upload is judged by: its content, and no tag that the store makes up."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest

from shared.infra.object_store import PART_BYTES, ObjectCorrupted, ObjectStore


@dataclass
class Kept:
    """An object as the store has it."""

    content: bytes
    metadata: dict[str, str]
    etag: str


class Answer:
    """The answer to a read."""

    def __init__(self, kept: Kept) -> None:
        self.headers = {f"x-amz-meta-{key}": value for key, value in kept.metadata.items()}
        self._content = kept.content

    def stream(self, size: int) -> Iterator[bytes]:
        yield from (self._content[start : start + size] for start in range(0, len(self._content), size))

    def close(self) -> None:
        return None

    release_conn = close


@dataclass
class Result:
    """The answer to an upload."""

    etag: str
    version_id: str | None = None


class Client:
    """A store that makes tags as S3 does, or as one does that encrypts."""

    def __init__(self, encrypts: bool = False) -> None:
        self.encrypts = encrypts
        self.objects: dict[str, Kept] = {}

    def put_object(
        self, bucket: str, name: str, stream: Any, size: int, *, metadata: dict[str, str], part_size: int, **_: Any
    ) -> Result:
        content = stream.read()
        assert len(content) == size
        parts = [content[start : start + part_size] for start in range(0, size, part_size)] or [b""]
        digests = [hashlib.md5(part, usedforsecurity=False).digest() for part in parts]
        etag = digests[0].hex()
        if len(parts) > 1:
            etag = f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(parts)}"
        if self.encrypts:
            etag = hashlib.md5(b"salt" + content, usedforsecurity=False).hexdigest()
        self.objects[name] = Kept(content, dict(metadata), etag)
        return Result(etag)

    def get_object(self, bucket: str, name: str, **_: Any) -> Answer:
        return Answer(self.objects[name])


@pytest.mark.parametrize("encrypts", [False, True])
@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5])
def test_content_of_any_size_is_stored_and_read_back(size: int, encrypts: bool) -> None:
    store = ObjectStore(Client(encrypts))
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    stored = store.put_stream("b", "n", BytesIO(content))
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert store.get("b", "n") == content


@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
def test_what_was_cut_off_is_not_handed_out(size: int) -> None:
    client = Client()
    store = ObjectStore(client)
    store.put("b", "n", b"x" * size)
    client.objects["n"].content = client.objects["n"].content[:-1]
    with pytest.raises(ObjectCorrupted):
        store.get("b", "n")
