"""Many objects deleted at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.identities import Tenant
from tests.support.storing import make_bucket, put_object


def test_each_is_deleted_by_itself_and_what_is_refused_keeps_no_other(tenant: Tenant) -> None:
    # Given a versioned bucket with an object of two versions and another one
    bucket = make_bucket(tenant.api, versioning="enabled")
    first, second = (put_object(tenant.api, bucket, "a", content)["version_id"] for content in (b"one", b"two"))
    put_object(tenant.api, bucket, "b")
    # When a version, an object, one that isn't there and a version that isn't are deleted at once
    wanted = [{"key": "b"}, {"key": "a", "version_id": first}, {"key": "c"}, {"key": "a", "version_id": "v-none"}]
    answer = tenant.api.ok("POST", f"{bucket}/deletions", json={"objects": wanted})
    # Then each has the answer that a DELETE of it would have had
    assert [(each["key"], each["removed"], bool(each["marker"])) for each in answer["deleted"]] == [
        ("a", [first], False), ("b", [], True), ("c", [], True),
    ]  # fmt: skip
    refused = [(each["key"], each["version_id"], each["code"]) for each in answer["refused"]]
    assert refused == [("a", "v-none", "no_such_version")]
    listed = tenant.api.ok("GET", f"{bucket}/versions")["versions"]
    assert [(each["key"], each["delete_marker"]) for each in listed] == [
        ("a", False), ("b", True), ("b", False), ("c", True),
    ]  # fmt: skip
    assert listed[0]["version_id"] == second


def test_clients_that_delete_the_same_objects_in_other_orders_do_not_lock_each_other_up(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    keys = [f"k{number:02}" for number in range(30)]
    for key in keys:
        put_object(tenant.api, bucket, key)
    with ThreadPoolExecutor(6) as threads:
        orders = [keys, keys[::-1]] * 3
        bodies = [{"objects": [{"key": key} for key in order]} for order in orders]
        answers = list(threads.map(lambda body: tenant.api.post(f"{bucket}/deletions", json=body), bodies))
    assert {answer.status_code for answer in answers} == {200}
    removed = [each["key"] for answer in answers for each in answer.json()["deleted"] if each["removed"]]
    assert sorted(removed) == keys
    tenant.api.ok("DELETE", bucket, 204)


def test_more_than_a_thousand_or_none_at_all_are_refused(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    for number in (0, 1001):
        body = {"objects": [{"key": str(each)} for each in range(number)]}
        tenant.api.refused("POST", f"{bucket}/deletions", 422, "validation_failed", json=body)


def test_what_is_deleted_by_its_tag_is_only_deleted_while_it_is_that_content(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    tags = {key: put_object(tenant.api, bucket, key, key.encode())["etag"] for key in ("a", "b")}
    put_object(tenant.api, bucket, "b", b"changed since")
    body = {"objects": [{"key": key, "etag": tag} for key, tag in tags.items()]}
    answer = tenant.api.ok("POST", f"{bucket}/deletions", json=body)
    assert [each["key"] for each in answer["deleted"]] == ["a"]
    assert [(each["key"], each["code"]) for each in answer["refused"]] == [("b", "precondition_failed")]
    assert tenant.api.get(f"{bucket}/objects/b").content == b"changed since"


@pytest.mark.parametrize("versioning", ["disabled", "enabled"])
def test_a_version_of_a_key_that_is_not_there_leaves_nothing_behind(tenant: Tenant, versioning: str) -> None:
    # Given an empty bucket, and a version of no key, which is refused
    bucket = make_bucket(tenant.api, versioning=versioning)
    tenant.api.refused("DELETE", f"{bucket}/objects/ghost", 404, "no_such_version", params={"version_id": "v-none"})
    body = {"objects": [{"key": "ghost", "version_id": "v-none"}]}
    answer = tenant.api.ok("POST", f"{bucket}/deletions", json=body)
    assert [(each["key"], each["code"]) for each in answer["refused"]] == [("ghost", "no_such_version")]
    # Then the bucket is as empty as it was
    tenant.api.ok("DELETE", bucket, 204)
