"""Buckets that somebody else makes at the worst moment, and claims in any order and number."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from minio.error import S3Error

from shared.infra.object_store import BucketClaim, ObjectStore, ObjectStoreUnavailable
from tests.unit.infra.test_object_store import Buckets

NAMES = ("state", "objects", "audit", "invoices")
CLAIMS = st.lists(
    st.builds(BucketClaim, st.sampled_from(["deploy", "storage", "audit"]), st.sampled_from(NAMES), st.booleans()),
    max_size=12,
)


class Contended(Buckets):
    """Another process makes some of the buckets as soon as this one has asked for them."""

    def __init__(self, existing: frozenset[str], contended: frozenset[str]) -> None:
        super().__init__(existing)
        self._contended = contended

    def bucket_exists(self, bucket: str) -> bool:
        found = super().bucket_exists(bucket)
        if bucket in self._contended:
            self.made.add(bucket)
        return found

    def make_bucket(self, bucket: str) -> None:
        if bucket in self._contended:
            self.made.add(bucket)
        super().make_bucket(bucket)


@settings(derandomize=True, phases=[Phase.generate], max_examples=150, deadline=None)
@given(claims=CLAIMS, existing=st.frozensets(st.sampled_from(NAMES)), contended=st.frozensets(st.sampled_from(NAMES)))
def test_whoever_makes_them_all_buckets_are_there(
    claims: list[BucketClaim], existing: frozenset[str], contended: frozenset[str]
) -> None:
    server = Contended(existing, contended)
    ObjectStore(server).ensure_buckets(claims)
    wanted = {claim.bucket for claim in claims}
    assert wanted | existing <= server.made <= wanted | existing | contended
    assert server.versioned == {claim.bucket for claim in claims if claim.versioned}


class Refusing(Buckets):
    """Makes no bucket, for a reason that is no contention."""

    def make_bucket(self, bucket: str) -> None:
        raise S3Error(None, "AccessDenied", "no", bucket, "r", "h", bucket)


def test_a_bucket_that_may_not_be_made_is_told_of() -> None:
    with pytest.raises(ObjectStoreUnavailable, match="AccessDenied"):
        ObjectStore(Refusing()).ensure_buckets([BucketClaim("storage", "objects")])
