"""Versions and delete markers."""

from __future__ import annotations

import pytest

from services.storage.domain.versions import (
    Deletion,
    IsDeleteMarker,
    NoSuchKey,
    NoSuchVersion,
    Version,
    Versioning,
    current,
    delete,
    exactly,
    new_version_id,
    overwritten,
)

ONE, TWO, MARKER = Version("v1"), Version("v2"), Version("m1", delete_marker=True)


def test_a_plain_read_gets_the_latest_version() -> None:
    assert current([ONE, TWO]) == TWO


@pytest.mark.parametrize("stack", [[], [ONE, MARKER]])
def test_nothing_is_read_where_there_is_nothing_or_a_delete_marker(stack: list[Version]) -> None:
    with pytest.raises(NoSuchKey):
        current(stack)


def test_an_older_version_is_still_read_by_its_id_below_a_marker() -> None:
    assert exactly([ONE, TWO, MARKER], "v1") == ONE
    with pytest.raises(IsDeleteMarker):
        exactly([ONE, MARKER], "m1")
    with pytest.raises(NoSuchVersion):
        exactly([ONE], "v9")


def test_only_an_enabled_bucket_gives_fresh_version_ids() -> None:
    assert new_version_id(Versioning.ENABLED, "v7") == "v7"
    assert new_version_id(Versioning.SUSPENDED, "v7") == "null"
    assert new_version_id(Versioning.DISABLED, "v7") == "null"


def test_a_write_to_a_suspended_bucket_replaces_the_null_version_only() -> None:
    stack = [Version("null"), ONE, TWO]
    assert overwritten(stack, "null") == ["null"]
    assert overwritten(stack, "v3") == []


def test_deleting_without_versioning_removes_the_object() -> None:
    assert delete([Version("null")], Versioning.DISABLED, None, "m1") == Deletion(["null"], None)


def test_deleting_with_versioning_puts_a_marker_on_top_and_loses_nothing() -> None:
    assert delete([ONE, TWO], Versioning.ENABLED, None, "m1") == Deletion([], "m1")


def test_deleting_while_suspended_replaces_the_null_version_by_a_null_marker() -> None:
    assert delete([ONE, Version("null")], Versioning.SUSPENDED, None, "m1") == Deletion(["null"], "null")


def test_deleting_a_marker_by_its_id_brings_the_object_back() -> None:
    stack = [ONE, MARKER]
    deletion = delete(stack, Versioning.ENABLED, "m1", "m2")
    assert deletion == Deletion(["m1"], None)
    assert current([version for version in stack if version.id not in deletion.removed]) == ONE


def test_deleting_a_version_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchVersion):
        delete([ONE], Versioning.ENABLED, "v9", "m1")
