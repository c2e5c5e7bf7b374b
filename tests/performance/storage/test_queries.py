"""What takes how many statements, and that it doesn't grow with what there is."""

from __future__ import annotations

from tests.support.api import queries_of
from tests.support.identities import Tenant
from tests.support.storing import STORAGE, make_bucket, make_volume, put_object


def test_a_page_of_objects_takes_three_statements_whatever_it_holds(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    counts = []
    for number in range(1, 13):
        put_object(tenant.api, bucket, f"k{number:02}")
        if number in (1, 12):
            page = tenant.api.get(f"{bucket}/objects")
            assert len(page.json()["objects"]) == number
            counts.append(queries_of(page))
    assert counts == [3, 3]


def test_a_folded_listing_does_not_read_what_it_folds(tenant: Tenant) -> None:
    # Given ten keys in one folder and one beside it
    bucket = make_bucket(tenant.api)
    for number in range(10):
        put_object(tenant.api, bucket, f"folder/{number}")
    put_object(tenant.api, bucket, "z")
    # When two entries are asked for, then the folder is stepped over in one go
    page = tenant.api.get(f"{bucket}/objects", params={"delimiter": "/", "max_keys": 2})
    assert page.json()["common_prefixes"] == ["folder/"]
    assert [each["key"] for each in page.json()["objects"]] == ["z"]
    assert queries_of(page) <= 4


def test_a_folded_listing_takes_three_statements_however_much_folds(tenant: Tenant) -> None:
    # Given folders of different sizes with keys between them
    bucket = make_bucket(tenant.api)
    counts = []
    for folders in (2, 12):
        for number in range(folders):
            for key in (f"{number:02}/{each}" for each in range(number % 5 + 1)):
                put_object(tenant.api, bucket, key)
            put_object(tenant.api, bucket, f"{number:02}z")
        page = tenant.api.get(f"{bucket}/objects", params={"delimiter": "/", "max_keys": 2 * folders})
        assert (len(page.json()["common_prefixes"]), len(page.json()["objects"])) == (folders, folders)
        counts.append(queries_of(page))
    assert counts == [3, 3]


def test_a_list_of_volumes_takes_one_statement(tenant: Tenant) -> None:
    counts = []
    for _ in range(2):
        make_volume(tenant.api, 1)
        make_volume(tenant.api, 1)
        counts.append(queries_of(tenant.api.get(f"{STORAGE}/volumes")))
    assert counts == [1, 1]


def test_the_versions_of_a_key_take_two_statements(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api, versioning="enabled")
    counts = []
    for _ in range(4):
        put_object(tenant.api, bucket, "a")
        counts.append(queries_of(tenant.api.get(f"{bucket}/versions")))
    assert counts == [2, 2, 2, 2]


def test_a_write_a_read_and_a_delete_take_as_many_statements_whatever_lies_below(tenant: Tenant) -> None:
    # Given keys with one version and with a dozen
    bucket = make_bucket(tenant.api, versioning="enabled")
    for number in range(12):
        put_object(tenant.api, bucket, "many", bytes([number]))
    put_object(tenant.api, bucket, "one")
    # Then the same is asked of the database for both
    for method, content in (("GET", None), ("PUT", b"next"), ("DELETE", None)):
        answers = [tenant.api.request(method, f"{bucket}/objects/{key}", content=content) for key in ("many", "one")]
        assert len({queries_of(answer) for answer in answers}) == 1


def test_a_page_of_versions_reads_what_it_shows(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api, versioning="enabled")
    for number in range(12):
        put_object(tenant.api, bucket, "a", bytes([number]))
    page = tenant.api.get(f"{bucket}/versions", params={"max_keys": 3})
    assert (len(page.json()["versions"]), queries_of(page)) == (3, 2)
