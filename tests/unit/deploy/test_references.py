"""References from one resource to another."""

import pytest

from services.deploy.domain.references import (
    UnresolvedReference,
    UnsupportedReference,
    check_references,
    escaped,
    references,
    resolve,
)


def test_references_are_found_and_resolved_at_any_depth() -> None:
    attributes = {"disks": ["${storage.volume.a.id}"], "tags": {"bucket": "s3://${storage.bucket.logs.id}/x"}, "n": 3}
    assert references(attributes) == {"storage.volume.a", "storage.bucket.logs"}
    ids = {"storage.volume.a": "vol-1", "storage.bucket.logs": "b-2"}
    assert resolve(attributes, ids) == {"disks": ["vol-1"], "tags": {"bucket": "s3://b-2/x"}, "n": 3}


def test_a_reference_to_nothing_is_refused() -> None:
    with pytest.raises(UnresolvedReference):
        resolve("${storage.volume.a.id}", {})


def test_an_escaped_opening_is_no_reference_and_stands_for_itself() -> None:
    script = "echo $${storage.volume.a.id} ${storage.volume.b.id} $$${storage.volume.c.id}"
    check_references(script)
    assert references(script) == {"storage.volume.b"}
    ids = {"storage.volume.b": "vol-2"}
    assert resolve(script, ids) == "echo ${storage.volume.a.id} vol-2 $${storage.volume.c.id}"


@pytest.mark.parametrize("text", ["${storage.volume.a.size_gib}", "${a", "x ${}", "${STORAGE.volume.a.id}", "${a.id"])
def test_what_only_looks_like_a_reference_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedReference):
        check_references({"labels": [text]})


def test_what_was_found_outside_is_kept_as_it_is() -> None:
    found = {"user_data": "echo ${HOME}", "tags": ["$${x}", "plain", 3]}
    assert resolve(escaped(found), {}) == found
    check_references(escaped(found))
