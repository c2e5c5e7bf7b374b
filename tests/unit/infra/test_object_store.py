"""Buckets that several services claim, and integrity that doesn't rest on ETags."""

import hashlib
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from minio.error import S3Error

from shared.errors import DeadlineExceeded
from shared.infra.object_store import (
    BucketClaim,
    ObjectCorrupted,
    ObjectStore,
    ObjectStoreUnavailable,
    patience,
    verify,
)
from shared.jobs.buckets import CLAIMS
from shared.kernel.context import service_context
from shared.utils.deadline import Deadline
from tests.unit.clocks import standing_clock


class Buckets:
    """The bucket calls of an S3 server, which refuses to make a bucket twice."""

    def __init__(self, existing: frozenset[str] = frozenset(), code: str = "BucketAlreadyOwnedByYou") -> None:
        self.made = set(existing)
        self.versioned: set[str] = set()
        self._code = code
        self._lock = threading.Lock()

    def bucket_exists(self, bucket: str) -> bool:
        return bucket in self.made

    def make_bucket(self, bucket: str) -> None:
        with self._lock:
            if bucket in self.made:
                raise S3Error(None, self._code, "exists", bucket, "r", "h", bucket)
            self.made.add(bucket)

    def set_bucket_versioning(self, bucket: str, config: Any) -> None:
        self.versioned.add(bucket)


def test_a_bucket_claimed_by_two_services_is_made_once_and_nobody_fails() -> None:
    buckets = Buckets()
    ObjectStore(buckets).ensure_buckets([BucketClaim("storage", "state"), BucketClaim("deploy", "state")])
    assert buckets.made == {"state"}


@pytest.mark.parametrize("code", ["BucketAlreadyOwnedByYou", "BucketAlreadyExists"])
def test_a_bucket_that_another_process_makes_first_is_as_good_as_ours(code: str) -> None:
    class LosesTheRace(Buckets):
        def bucket_exists(self, bucket: str) -> bool:
            return False

    buckets = LosesTheRace(frozenset({"state"}), code)
    ObjectStore(buckets).ensure_buckets([BucketClaim("storage", "state", versioned=True)])
    assert buckets.versioned == {"state"}


def test_the_platforms_claims_can_be_made_again_and_again() -> None:
    buckets = Buckets()
    for _ in range(2):
        ObjectStore(buckets).ensure_buckets(CLAIMS)
    assert buckets.made == {"terraform-state", "artifacts", "objects", "invoices", "audit-checkpoints"}
    assert buckets.versioned == {"terraform-state", "audit-checkpoints"}


def test_a_bucket_is_versioned_if_any_claim_says_so() -> None:
    buckets = Buckets()
    ObjectStore(buckets).ensure_buckets([BucketClaim("a", "b", versioned=True), BucketClaim("c", "b")])
    assert buckets.versioned == {"b"}


def test_any_other_refusal_is_an_error() -> None:
    with pytest.raises(ObjectStoreUnavailable, match="AccessDenied"):
        ObjectStore(Buckets(frozenset({"state"}), "AccessDenied")).ensure_buckets([BucketClaim("a", "state")])


def test_content_is_judged_by_its_sha256() -> None:
    digest = hashlib.sha256(b"content").hexdigest()
    verify("b", "n", digest, digest)
    with pytest.raises(ObjectCorrupted) as refused:
        verify("b", "n", digest, hashlib.sha256(b"conten").hexdigest())
    assert refused.value.code == "object_corrupted"


@pytest.mark.parametrize(
    ("left", "connect", "read"), [(60, 1.0, 5.0), (9.5, 1.0, 4.0), (2.5, 0.625, 0.625), (1, 0.25, 0.25)]
)
def test_the_store_is_asked_for_no_longer_than_the_request_has_time(left: float, connect: float, read: float) -> None:
    clock = standing_clock()
    with service_context("storage", "t-1", clock, deadline=Deadline.after(left, clock)):
        found = patience()
    assert (found.connect_timeout, found.read_timeout) == (connect, read)


def test_a_request_without_time_is_refused_before_the_store_is_asked() -> None:
    clock = standing_clock()
    with service_context("storage", "t-1", clock, deadline=Deadline.after(0, clock)):
        with pytest.raises(DeadlineExceeded):
            patience()


class Versions:
    """The versions of a versioned bucket's objects, as an S3 server lists and removes them."""

    def __init__(self, *versions: tuple[str, str]) -> None:
        self.kept = list(versions)

    def list_objects(self, bucket: str, *, prefix: str, recursive: bool, include_version: bool) -> list[Any]:
        facts = {"size": 1, "etag": "e", "last_modified": None, "is_latest": "true", "is_delete_marker": False}
        return [
            SimpleNamespace(object_name=name, version_id=id, **facts)
            for name, id in self.kept
            if name.startswith(prefix)
        ]

    def remove_object(self, bucket: str, name: str, version_id: str | None) -> None:
        assert version_id is not None, "a delete marker hides an object, and keeps it"
        self.kept.remove((name, version_id))


def test_nothing_is_left_of_an_object_that_is_erased_and_all_of_others() -> None:
    versions = Versions(("a", "1"), ("a", "2"), ("a.b", "3"))
    ObjectStore(versions).erase("bucket", "a")
    assert versions.kept == [("a.b", "3")]
