"""References from one resource to another."""

import pytest

from services.deploy.domain.references import UnresolvedReference, references, resolve


def test_references_are_found_and_resolved_at_any_depth() -> None:
    attributes = {"disks": ["${storage.volume.a.id}"], "tags": {"bucket": "s3://${storage.bucket.logs.id}/x"}, "n": 3}
    assert references(attributes) == {"storage.volume.a", "storage.bucket.logs"}
    ids = {"storage.volume.a": "vol-1", "storage.bucket.logs": "b-2"}
    assert resolve(attributes, ids) == {"disks": ["vol-1"], "tags": {"bucket": "s3://b-2/x"}, "n": 3}


def test_a_reference_to_nothing_is_refused() -> None:
    with pytest.raises(UnresolvedReference):
        resolve("${storage.volume.a.id}", {})
