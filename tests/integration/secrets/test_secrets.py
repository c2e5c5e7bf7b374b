"""Versions, check-and-set, rotation and keys, against the real Vault."""

import base64
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.asking import crowd
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant
from tests.support.rows import add_row
from tests.support.tables import locked_table, under_way

SECRETS = "/api/secrets/v1/secrets"
KEYS = "/api/secrets/v1/keys"


def put(tenant: Tenant, path: str, cas: int | None = None, **data: str) -> Any:
    return tenant.api.ok("PUT", f"{SECRETS}/{path}", json={"data": data, "cas": cas})


def figures(tenant: Tenant) -> tuple[int, int]:
    """How many secrets are used and reserved of the tenant's quota."""
    [quota] = [
        item for item in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"] if item["resource"] == "secrets"
    ]
    return quota["used"], quota["reserved"]


def reservations(tenant: Tenant) -> dict[str, str]:
    """The open claims on the tenant's quota of secrets, and where they are."""
    listed = tenant.operator.items("/api/tenants/v1/reservations", resource="secrets")
    return {item["reservation_id"]: item["state"] for item in listed}


def test_every_write_is_a_version_that_can_be_read(tenant: Tenant) -> None:
    assert [put(tenant, "app/db", password=value)["version"] for value in ("one", "two")] == [1, 2]
    newest = tenant.api.ok("GET", f"{SECRETS}/app/db")
    assert (newest["path"], newest["version"], newest["data"]) == ("app/db", 2, {"password": "two"})
    assert tenant.api.ok("GET", f"{SECRETS}/app/db", params={"version": 1})["data"] == {"password": "one"}


@pytest.mark.parametrize("version", ["0", "-1", "+1", "1_0", " 1", "1.0", "٣", "²", "2147483648", "9" * 5_000])
def test_what_is_no_number_of_a_version_is_refused(tenant: Tenant, version: str) -> None:
    put(tenant, "app/db", password="one")
    tenant.api.refused("GET", f"{SECRETS}/app/db", 400, "invalid_version", params={"version": version})


def test_a_write_on_top_of_a_stale_version_changes_nothing(tenant: Tenant) -> None:
    put(tenant, "app/db", cas=0, password="one")
    put(tenant, "app/db", cas=1, password="two")
    body = {"data": {"password": "three"}, "cas": 1}
    problem = tenant.api.refused("PUT", f"{SECRETS}/app/db", 412, "secret_version_conflict", json=body)
    assert problem["current_version"] == 2
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["data"] == {"password": "two"}


def test_a_hidden_version_comes_back_and_a_destroyed_one_does_not(tenant: Tenant) -> None:
    put(tenant, "app/db", password="one")
    path = f"{SECRETS}/app/db/versions"
    tenant.api.ok("POST", f"{path}/delete", json={"versions": [1]})
    tenant.api.refused("GET", f"{SECRETS}/app/db", 404, "secret_not_found")
    tenant.api.ok("POST", f"{path}/undelete", json={"versions": [1]})
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["data"] == {"password": "one"}
    tenant.api.ok("POST", f"{path}/destroy", json={"versions": [1]})
    tenant.api.ok("POST", f"{path}/undelete", json={"versions": [1]})
    tenant.api.refused("GET", f"{SECRETS}/app/db", 404, "secret_not_found")


def test_both_versions_are_good_within_the_overlap_of_a_rotation(tenant: Tenant) -> None:
    put(tenant, "app/db", user="app", password="one")
    body = {"field": "password", "length": 40, "overlap_seconds": 3600}
    assert tenant.api.ok("POST", f"{SECRETS}/app/db/rotate", json=body)["version"] == 2
    fresh = tenant.api.ok("GET", f"{SECRETS}/app/db")["data"]
    assert (fresh["user"], len(fresh["password"]), fresh["password"] == "one") == ("app", 40, False)
    assert tenant.api.ok("GET", f"{SECRETS}/app/db", params={"version": 1})["data"]["password"] == "one"
    assert tenant.api.ok("GET", f"{SECRETS}/app/db/versions")["valid_versions"] == [2, 1]


def test_a_version_stays_good_within_its_overlap_however_often_the_secret_is_written(tenant: Tenant) -> None:
    path = f"{SECRETS}/app/db"
    put(tenant, "app/db", password="one")
    tenant.api.ok("POST", f"{path}/rotate", json={"field": "password", "overlap_seconds": 3600})
    for number in range(98):  # A hundred versions are kept
        put(tenant, "app/db", password=str(number))
    body = {"data": {"password": "x"}}
    assert tenant.api.refused("PUT", path, 409, "too_many_valid_versions", json=body)["limit"] == 100
    assert tenant.api.ok("GET", path, params={"version": 1})["data"] == {"password": "one"}
    assert tenant.api.ok("GET", f"{path}/versions")["valid_versions"] == [100, 1]
    tenant.api.ok("POST", f"{path}/versions/destroy", json={"versions": [1]})
    assert tenant.api.ok("PUT", path, json=body)["version"] == 101


def test_without_overlap_the_version_before_is_no_longer_given_out(tenant: Tenant) -> None:
    put(tenant, "app/db", password="one")
    tenant.api.ok("POST", f"{SECRETS}/app/db/rotate", json={"field": "password", "overlap_seconds": 0})
    tenant.api.refused("GET", f"{SECRETS}/app/db", 404, "secret_version_retired", params={"version": 1})
    assert tenant.api.ok("GET", f"{SECRETS}/app/db/versions")["valid_versions"] == [2]


@pytest.mark.parametrize(("action", "valid"), [("destroy", [2]), ("delete", [2])])
def test_a_version_that_can_not_be_read_is_no_valid_one(tenant: Tenant, action: str, valid: list[int]) -> None:
    put(tenant, "app/db", password="one")
    tenant.api.ok("POST", f"{SECRETS}/app/db/rotate", json={"field": "password", "overlap_seconds": 3600})
    tenant.api.ok("POST", f"{SECRETS}/app/db/versions/{action}", json={"versions": [1]})
    assert tenant.api.ok("GET", f"{SECRETS}/app/db/versions")["valid_versions"] == valid
    tenant.api.ok("POST", f"{SECRETS}/app/db/versions/{action}", json={"versions": [2]})
    assert tenant.api.ok("GET", f"{SECRETS}/app/db/versions")["valid_versions"] == []


def test_a_rotation_of_a_field_that_there_is_not_tells_no_more_than_that(tenant: Tenant) -> None:
    put(tenant, "app/db", user="the-user", password="the-password")
    body = {"field": "passphrase"}
    problem = tenant.api.refused("POST", f"{SECRETS}/app/db/rotate", 422, "unknown_secret_field", json=body)
    assert "passphrase" in problem["detail"]
    assert [told for told in ("the-user", "the-password") if told in str(problem)] == []
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["version"] == 1


def test_a_field_is_named_with_the_blanks_at_its_ends(tenant: Tenant) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"pw": "one", "pw ": "two"}})
    tenant.api.ok("POST", f"{SECRETS}/app/db/rotate", json={"field": "pw "})
    data = tenant.api.ok("GET", f"{SECRETS}/app/db")["data"]
    assert (data["pw"], len(data["pw "])) == ("one", 32)


STALE_WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("PUT", "", {"data": {"password": "x"}}),
    ("DELETE", "", {}),
    ("POST", "/rotate", {"field": "password"}),
    ("POST", "/versions/delete", {"versions": [1]}),
    ("POST", "/versions/undelete", {"versions": [1]}),
    ("POST", "/versions/destroy", {"versions": [1]}),
]


@pytest.mark.parametrize(("method", "action", "body"), STALE_WRITES, ids=lambda value: str(value)[:24])
def test_a_secret_that_was_written_meanwhile_stays_as_it_is(
    tenant: Tenant, method: str, action: str, body: dict[str, Any]
) -> None:
    path = f"{SECRETS}/app/db"
    answers = [tenant.api.put(path, json={"data": {"password": value}}) for value in ("one", "two")]
    stale, present = (answer.headers["ETag"] for answer in answers)
    tenant.api.refused(method, path + action, 412, "version_conflict", json=body, headers={"If-Match": stale})
    assert tenant.api.ok("GET", path)["data"] == {"password": "two"}
    assert tenant.api.ok("GET", path, params={"version": 1})["data"] == {"password": "one"}
    tenant.api.ok(method, path + action, json=body, headers={"If-Match": present})


def test_a_secret_that_is_not_there_has_no_version_to_match(tenant: Tenant) -> None:
    body, stale = {"data": {"a": "1"}}, {"If-Match": '"1"'}
    tenant.api.refused("PUT", f"{SECRETS}/app/db", 412, "version_conflict", json=body, headers=stale)
    assert list(tenant.api.items(SECRETS)) == []


def test_a_key_that_was_rotated_meanwhile_is_not_rotated_again(tenant: Tenant) -> None:
    seen = tenant.api.post(KEYS, json={"name": "cards"}).headers["ETag"]
    tenant.api.ok("POST", f"{KEYS}/cards/rotate", headers={"If-Match": seen})
    tenant.api.refused("POST", f"{KEYS}/cards/rotate", 412, "version_conflict", headers={"If-Match": seen})
    [key] = tenant.api.items(KEYS)
    assert key["key_version"] == 2


@pytest.mark.parametrize(
    "data", ['{"a\\u0000": 1}', '{"a": 9007199254740993}', '{"a": "\\ud800"}', '{"a": 1e999}', '{"": 1}']
)
def test_what_would_come_back_otherwise_or_could_not_be_told_of_is_refused(tenant: Tenant, data: str) -> None:
    content, headers = f'{{"data": {data}}}'.encode(), {"Content-Type": "application/json"}
    answer = tenant.api.put(f"{SECRETS}/app/db", content=content, headers=headers)
    assert (answer.status_code // 100, list(tenant.api.items(SECRETS))) == (4, [])


def test_the_largest_whole_number_comes_back_as_it_was_sent(tenant: Tenant) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"n": 2**53 - 1, "m": -(2**53 - 1)}})
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["data"] == {"n": 2**53 - 1, "m": -(2**53 - 1)}


def test_a_deleted_secret_is_gone_and_gives_its_place_in_the_quota_back(operator: Api) -> None:
    tenant = create_tenant(operator, quotas={"secrets": 1})
    put(tenant, "one", a="1")
    body = {"data": {"a": "1"}}
    tenant.api.refused("PUT", f"{SECRETS}/two", 403, "quota_exceeded", json=body)
    assert [item["path"] for item in tenant.api.items(SECRETS)] == ["one"]
    tenant.api.ok("DELETE", f"{SECRETS}/one", 204)
    tenant.api.refused("GET", f"{SECRETS}/one", 404, "not_found")
    eventually(lambda: tenant.api.put(f"{SECRETS}/two", json=body).status_code == 200, interval=0.2)
    assert tenant.api.ok("GET", f"{SECRETS}/two")["version"] == 1


def test_what_is_written_while_the_secret_is_deleted_is_a_secret_anew(tenant: Tenant, fleet: FleetControl) -> None:
    path = f"{SECRETS}/app/db"
    put(tenant, "app/db", password="one")
    with ExitStack() as ended:
        with locked_table(fleet, "secrets") as outbox:
            deletion = ended.enter_context(under_way(tenant.api, "DELETE", path))
            outbox.wait_for_somebody()
            body = {"data": {"password": "two"}}
            write = ended.enter_context(under_way(tenant.api, "PUT", path, json=body))
            outbox.wait_for_somebody_at_a_row()
        assert (deletion.result(), write.result()) == (204, 200)
    found = tenant.api.ok("GET", path)
    assert (found["version"], found["data"]) == (1, {"password": "two"})


def test_a_secret_counts_once_however_often_it_is_written_and_no_more_when_it_is_gone(tenant: Tenant) -> None:
    secret = put(tenant, "app/db", password="one")
    put(tenant, "app/db", password="two")
    tenant.api.refused("PUT", f"{SECRETS}/app/other", 412, json={"data": {"a": "1"}, "cas": 7})
    eventually(lambda: reservations(tenant) == {f"{secret['id']}.secrets": "committed"}, interval=0.2)
    assert figures(tenant) == (1, 0)
    tenant.api.ok("DELETE", f"{SECRETS}/app/db", 204)
    eventually(lambda: figures(tenant) == (0, 0), interval=0.2)


def test_old_ciphertexts_decrypt_after_a_rotation_and_can_be_brought_up_to_date(tenant: Tenant) -> None:
    text = base64.b64encode(b"card 4111").decode()
    tenant.api.ok("POST", KEYS, 201, json={"name": "cards"})
    old = tenant.api.ok("POST", f"{KEYS}/cards/encrypt", json={"plaintext": text})["ciphertext"]
    assert tenant.api.ok("POST", f"{KEYS}/cards/rotate")["key_version"] == 2
    new = tenant.api.ok("POST", f"{KEYS}/cards/rewrap", json={"ciphertext": old})["ciphertext"]
    assert (old.split(":")[1], new.split(":")[1]) == ("v1", "v2")
    for ciphertext in (old, new):
        assert tenant.api.ok("POST", f"{KEYS}/cards/decrypt", json={"ciphertext": ciphertext}) == {"plaintext": text}


KEYS_OF = """
INSERT INTO secrets.encryption_keys (id, tenant_id, name, key_version, version, created_at, updated_at)
SELECT 'key-' || number || %s, %s, 'key-' || number, 1, 1, now(), now() FROM generate_series(1, 198) AS number
"""


def test_a_tenant_has_a_limit_of_keys(tenant: Tenant, fleet: FleetControl) -> None:
    add_row(fleet, "secrets", KEYS_OF, tenant.id, tenant.id)
    assert crowd(tenant.api, "POST", KEYS, [{"name": f"more-{number}"} for number in range(6)]) == {201: 2, 422: 4}
    assert tenant.api.refused("POST", KEYS, 422, "key_limit_reached", json={"name": "last"})["limit"] == 200


@pytest.mark.parametrize("ciphertext", ["nonsense", "vault:v1:bm9uc2Vuc2U="])
def test_what_is_no_ciphertext_is_refused(tenant: Tenant, ciphertext: str) -> None:
    tenant.api.ok("POST", KEYS, 201, json={"name": "cards"})
    body = {"ciphertext": ciphertext}
    tenant.api.refused("POST", f"{KEYS}/cards/decrypt", 422, "secret_request_refused", json=body)


def test_every_change_is_told_in_order(tenant: Tenant, bus: Bus) -> None:
    secret = put(tenant, "app/db", user="u", password="p")
    tenant.api.ok("POST", f"{SECRETS}/app/db/rotate", json={"field": "password"})
    tenant.api.ok("DELETE", f"{SECRETS}/app/db", 204)
    told = bus.of_subject("secrets.events", secret["id"], count=3)
    assert [(event["type"].rpartition(".")[2], event["sequence"]) for event in told] == [
        ("written", 1),
        ("rotated", 2),
        ("deleted", 3),
    ]
    assert told[0]["data"] == {
        "id": secret["id"],
        "path": "app/db",
        "version": 1,
        "keys": ["password", "user"],
    }
