"""Parts of one number that are put beside each other, over an object store that replaces parts at once, as S3 does.

(SeaweedFS keeps replaced parts until the end, so a fleet with it can't show what happens to them.)
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from minio.error import S3Error

from services.storage.domain.conditions import Conditions, PreconditionFailed
from services.storage.domain.uploads import InvalidPart, Part, multipart_etag
from services.storage.operations import uploads
from services.storage.operations.bodies import Body
from shared.infra.bulkhead import Bulkhead
from shared.infra.multipart import MultipartUploads
from shared.infra.object_store import ObjectStore
from shared.kernel.context import service_context
from tests.unit.clocks import standing_clock

ABSENT = Conditions(if_none_match="*")
UPLOAD = SimpleNamespace(id="up-1", bucket_id="bkt-1", blob="blob", store_upload_id="store-1")


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def refused(code: str) -> S3Error:
    return S3Error(None, code, "no", "bucket", "r", "h", "bucket", "object")


class Client:
    """An S3 server with one upload; `before` and `after` run around the arrival of a part's content."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.made: bytes | None = None
        self.etag = ""
        self.before: dict[bytes, Callable[[], object]] = {}
        self.after: dict[bytes, Callable[[], object]] = {}

    def _upload_part(self, bucket: str, name: str, data: bytes, headers: None, upload_id: str, number: int) -> str:
        self.before.pop(data, bool)()
        self.parts[number] = data
        self.after.pop(data, bool)()
        return md5(data)

    def _list_parts(self, bucket: str, name: str, upload_id: str, part_number_marker: str) -> Any:
        later = [(number, data) for number, data in sorted(self.parts.items()) if number > int(part_number_marker)]
        return SimpleNamespace(parts=[SimpleNamespace(part_number=number, etag=md5(data)) for number, data in later])

    def _complete_multipart_upload(self, bucket: str, name: str, upload_id: str, parts: list[Any]) -> None:
        if self.made is not None:
            raise refused("NoSuchUpload")
        if any(md5(self.parts.get(part.part_number, b"")) != part.etag for part in parts):
            raise refused("InvalidPart")
        chosen = [self.parts[part.part_number] for part in parts]
        self.made = b"".join(chosen)
        self.etag = multipart_etag([Part(1, md5(data), len(data)) for data in chosen])

    def stat_object(self, bucket: str, name: str, version_id: None) -> Any:
        assert self.made is not None
        return SimpleNamespace(
            metadata={}, size=len(self.made), version_id=None, etag=self.etag, content_type="", last_modified=None
        )


class Noted:
    """The rows of the upload. A session holds it from when it takes its lock until it ends."""

    def __init__(self) -> None:
        self.rows: dict[int, Any] = {}
        self.lock = threading.Lock()
        self.waits = threading.Event()

    def repository(self, session: Session) -> Any:
        def get(id: str, *, lock: bool) -> Any:
            if lock and not session.holds:
                if self.lock.locked():
                    self.waits.set()
                self.lock.acquire()
                session.holds = True
            return UPLOAD

        def put_part(part: Any) -> None:
            assert session.holds
            self.rows[part.number] = part

        return SimpleNamespace(get=get, put_part=put_part, part=lambda upload, number: self.rows.get(number))


class Session:
    """A transaction."""

    holds = False

    def commit(self) -> None:
        assert not self.holds


class Fleet:
    """The operations over such a store."""

    def __init__(self) -> None:
        self.client, self.noted = Client(), Noted()
        self.ports: Any = SimpleNamespace(
            settings=SimpleNamespace(object_bucket="objects"),
            store=ObjectStore(self.client),
            multipart=MultipartUploads(ObjectStore(self.client)),
            store_rooms=Bulkhead("the object store", 32, 16),
        )

    def put(self, content: bytes, conditions: Conditions = Conditions()) -> str:
        """The entity tag that the answer to a put of part 1 has."""
        session: Any = Session()
        body = Body(io.BytesIO(content), len(content), md5(content), hashlib.sha256(content).hexdigest())
        try:
            with service_context("storage", "t-1", standing_clock()):
                return uploads.put_part(session, self.ports, "bucket", "up-1", 1, body, conditions).etag
        finally:
            if session.holds:
                self.noted.lock.release()

    def complete(self) -> bytes | None:
        """The object that is made of the parts that a list of them shows."""
        uploads.put_together(self.ports, self.upload, [Part(1, self.noted.rows[1].etag, self.noted.rows[1].size)])
        return self.client.made

    @property
    def upload(self) -> Any:
        return UPLOAD


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    made = Fleet()
    bucket = SimpleNamespace(id="bkt-1")
    monkeypatch.setattr(uploads, "BucketRepository", lambda _: SimpleNamespace(named=lambda name, keep: bucket))
    monkeypatch.setattr(uploads, "UploadRepository", made.noted.repository)
    return made


def test_the_part_is_the_one_that_arrived_last_whoever_notes_it_last(fleet: Fleet) -> None:
    # Given a part that is replaced by another put after it has arrived, and before it is noted
    fleet.client.after[b"first"] = lambda: fleet.put(b"second")
    # Then both puts are answered, and the upload is completed with the part that it lists
    assert fleet.put(b"first") == md5(b"first")
    assert fleet.noted.rows[1].etag == md5(b"second")
    assert fleet.complete() == b"second"


def test_a_part_that_is_overtaken_on_its_way_replaces_what_overtook_it(fleet: Fleet) -> None:
    fleet.client.before[b"slow"] = lambda: fleet.put(b"fast")
    assert fleet.put(b"slow") == md5(b"slow")
    assert fleet.noted.rows[1].sha256 == hashlib.sha256(b"slow").hexdigest()
    assert fleet.complete() == b"slow"


def test_a_part_that_comes_back_while_another_is_on_its_way_stays(fleet: Fleet) -> None:
    """What is noted has the tag that it had when the other was begun: it is another put all the same."""
    fleet.put(b"one")
    fleet.client.after[b"two"] = lambda: fleet.put(b"one")
    fleet.put(b"two")
    assert fleet.noted.rows[1].etag == md5(b"one")
    assert fleet.complete() == b"one"


def test_what_a_condition_refuses_has_replaced_nothing(fleet: Fleet) -> None:
    # Given a part that is sent if there is none, and another one that is put while it is on its way
    with ThreadPoolExecutor(1) as other:
        puts: list[Any] = []

        def meanwhile() -> None:
            puts.append(other.submit(fleet.put, b"without"))
            puts[0].add_done_callback(lambda _: fleet.noted.waits.set())
            assert fleet.noted.waits.wait(10)  # Until it is noted, or waits for the first.

        fleet.client.before[b"if absent"] = meanwhile
        with suppress(PreconditionFailed):
            fleet.put(b"if absent", ABSENT)
        puts[0].result()
    # Then what is listed is what is there, and no condition lets a further one in
    with pytest.raises(PreconditionFailed):
        fleet.put(b"too late", ABSENT)
    assert fleet.complete() == b"if absent"


def test_an_object_that_was_made_of_another_part_of_that_size_is_not_taken_for_it(fleet: Fleet) -> None:
    # Given an upload that was put together, which was never noted
    fleet.put(b"one")
    assert fleet.complete() == b"one"
    # Then it can be asked for again, and not with other parts
    assert fleet.complete() == b"one"
    with pytest.raises(InvalidPart):
        uploads.put_together(fleet.ports, fleet.upload, [Part(1, md5(b"two"), 3)])
