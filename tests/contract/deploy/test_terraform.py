"""The HTTP backend protocol as Terraform's client speaks it."""

import base64
import hashlib
import json

import pytest

from tests.support.deploying import DEPLOY, make_environment, make_plan, null, start_deployment
from tests.support.identities import Tenant

LOCK = {
    "ID": "6f1c5b7e-0000-4c1e-8f1d-2b7d9a3c1a11",
    "Operation": "OperationTypeApply",
    "Info": "before the move",
    "Who": "ana@laptop",
    "Version": "1.9.5",
    "Created": "2020-02-01T12:00:00Z",
    "Path": "live/prod/terraform.tfstate",
}
STATE = {"version": 4, "terraform_version": "1.9.5", "serial": 1, "lineage": "3f2a", "outputs": {}, "resources": []}


def test_a_run_locks_reads_writes_and_unlocks(tenant: Tenant) -> None:
    url = f"{DEPLOY}/states/prod"
    # Given a workspace without state
    assert tenant.api.request("LOCK", url, json=LOCK).status_code == 200
    assert tenant.api.get(url).status_code == 404
    # When a run writes the first version under its lock
    body = json.dumps(STATE).encode()
    md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    headers = {"Content-Type": "application/json", "Content-MD5": md5}
    assert tenant.api.post(url, params={"ID": LOCK["ID"]}, content=body, headers=headers).status_code == 200
    # Then the document is read back as it was written, and the lock is free after UNLOCK
    assert tenant.api.get(url).content == body
    assert tenant.api.request("UNLOCK", url, json=LOCK).status_code == 200
    assert tenant.api.request("LOCK", url, json={**LOCK, "ID": "another"}).status_code == 200


def test_a_document_is_given_back_byte_for_byte_with_numbers_that_no_float_holds(tenant: Tenant) -> None:
    url = f"{DEPLOY}/states/numbers"
    body = b"""{ "version": 4, "serial": 1,\t"lineage": "3f2a",
  "outputs": {"third": {"value": 0.333333333333333333333333333333333333, "type": "number"},
              "large": {"value": 123456789012345678901234567890.5, "type": "number"},
              "pi": {"value": 3.14159265358979323846264338327950288, "type": "number"},
              "huge": {"value": 1e400, "type": "number"}, "exact": {"value": 7227701560655103598}},
  "resources": [], "check_results": null }
"""
    tenant.api.ok("POST", url, 200, content=body)
    answer = tenant.api.get(url)
    assert answer.content == body
    assert answer.headers["etag"] == f'"{hashlib.sha256(body).hexdigest()}"'


def test_a_held_lock_is_answered_with_the_lock_info_of_its_holder(tenant: Tenant) -> None:
    url = f"{DEPLOY}/states/prod"
    tenant.api.request("LOCK", url, json=LOCK)
    other = {**LOCK, "ID": "another", "Who": "bo@laptop"}
    shown = {key: LOCK[key] for key in LOCK}
    for method, params, body in (
        ("LOCK", {}, other),
        ("UNLOCK", {}, other),
        ("POST", {"ID": "another"}, STATE),
        ("POST", {}, STATE),
        ("DELETE", {"ID": "another"}, None),
    ):
        problem = tenant.api.refused(method, url, 423, "state_locked", params=params, json=body)
        assert {key: problem[key] for key in shown} == shown
    assert tenant.api.get(url).status_code == 404


def test_a_document_is_refused_when_it_is_damaged_or_none(tenant: Tenant) -> None:
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 5})
    wrong = {"Content-MD5": base64.b64encode(b"0" * 16).decode()}
    tenant.api.refused("POST", url, 400, "checksum_mismatch", json={**STATE, "serial": 6}, headers=wrong)
    tenant.api.refused("POST", url, 400, "not_a_state_document", json={"version": 4})
    for body in (b"", b"[]", b'{"serial":1,"lineage":"a\\u0000"}', b'{"serial":9007199254740992,"lineage":"l"}'):
        tenant.api.refused("POST", url, 400, "not_a_state_document", content=body)
    for body in (b'{"serial":6,"lineage":"3f2a"', b'{"serial":6,"lineage":"3f2a","a":NaN}', b"\xff\xfe{}"):
        tenant.api.refused("POST", url, 400, "bad_request", content=body)
    assert tenant.api.get(url).json() == {**STATE, "serial": 5}


def test_of_two_clients_that_do_not_lock_the_second_is_refused(tenant: Tenant) -> None:
    # Given two that read the same version
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 5})
    # When both write the next one, then the first stays; the same document again is no change
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 6})
    second = {**STATE, "serial": 6, "outputs": {"a": 1}}
    problem = tenant.api.refused("POST", url, 409, "state_version_conflict", json=second)
    assert problem["current_serial"] == 6
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 6})
    assert tenant.api.get(url).json() == {**STATE, "serial": 6}


@pytest.mark.parametrize("locks", [True, False])
def test_a_forced_push_puts_an_older_serial_or_another_lineage_in_its_place(tenant: Tenant, locks: bool) -> None:
    """Terraform compares serial and lineage itself and, with `-force`, not at all: the request is the same then.

    https://developer.hashicorp.com/terraform/cli/commands/state/push
    """
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 9})
    params = {"ID": LOCK["ID"]} if locks else {}
    if locks:
        tenant.api.request("LOCK", url, json={**LOCK, "Operation": "state-push"})
    forced = [{**STATE, "serial": 2}, {**STATE, "serial": 1, "lineage": "other"}, {**STATE, "serial": 0, "lineage": ""}]
    for document in forced:
        tenant.api.ok("POST", url, 200, json=document, params=params)
        assert tenant.api.get(url).json() == document
    # And the holder of the lock may replace a serial, as a push of the version before the present one does
    if locks:
        tenant.api.ok("POST", url, 200, json={**forced[-1], "outputs": {"a": 1}}, params=params)
        assert tenant.api.get(url).json()["outputs"] == {"a": 1}


@pytest.mark.parametrize("name", ["prod_eu", "Team-A", "team-a", "app.v2", "n" * 64, "a+b=c"])
def test_a_workspace_is_called_what_terraform_lets_it_be_called(tenant: Tenant, name: str) -> None:
    url = f"{DEPLOY}/states/{name}"
    tenant.api.ok("PUT", url, 200, json={**STATE, "lineage": name})
    assert tenant.api.request("LOCK", url, json=LOCK).status_code == 200
    assert tenant.api.get(url).json()["lineage"] == name
    assert tenant.api.request("UNLOCK", url, json=LOCK).status_code == 200
    tenant.api.ok("DELETE", url, 200)
    tenant.api.refused("GET", url, 404, "state_not_found")


@pytest.mark.parametrize("name", ["a b", "a%2Fb", "n" * 129, "gr%C3%B6%C3%9Fe"])
def test_other_names_are_refused_for_every_request(tenant: Tenant, name: str) -> None:
    url = f"{DEPLOY}/states/{name}"
    for method, body in (("GET", None), ("POST", STATE), ("DELETE", None), ("LOCK", LOCK), ("UNLOCK", LOCK)):
        answer = tenant.api.request(method, url, json=body)
        assert answer.status_code in (400, 404, 422), answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("operation", ["plan", "apply", "deployment", "rollback", "delete", ""])
def test_a_client_frees_its_lock_by_its_own_id_whatever_it_calls_its_operation(tenant: Tenant, operation: str) -> None:
    url = f"{DEPLOY}/states/prod"
    mine = {**LOCK, "Operation": operation}
    tenant.api.request("LOCK", url, json=mine)
    assert tenant.api.refused("UNLOCK", url, 423, "state_locked", json={**mine, "ID": "x"})["ID"] == LOCK["ID"]
    assert tenant.api.request("UNLOCK", url, json=mine).status_code == 200
    # And without an id, as `terraform force-unlock` asks for it
    tenant.api.request("LOCK", url, json=mine)
    assert tenant.api.request("UNLOCK", url).status_code == 200
    assert tenant.api.request("LOCK", url, json={**mine, "ID": "another"}).status_code == 200


@pytest.mark.parametrize(
    "info", [b"{}", b'{"ID":""}', b'{"ID":"a\\u0000"}', b'{"ID":"\\ud800"}', b'{"ID":"x","Who":1}']
)
def test_lock_info_that_can_not_be_recorded_is_refused_and_locks_nothing(tenant: Tenant, info: bytes) -> None:
    url = f"{DEPLOY}/states/prod"
    tenant.api.refused("LOCK", url, 400, "not_a_state_document", content=info)
    assert tenant.api.request("LOCK", url, json=LOCK).status_code == 200


def test_a_person_at_a_terminal_and_a_deployment_keep_each_other_out(tenant: Tenant) -> None:
    # Given an environment that Terraform has locked
    environment = make_environment(tenant.api)
    url = f"{DEPLOY}/states/prod"
    tenant.api.request("LOCK", url, json=LOCK)
    # When somebody plans or deploys there, then they are told who has it
    problem = tenant.api.refused("POST", f"{environment}/plans", 409, "lock_held", json={"resources": [null("a")]})
    assert (problem["owner"], problem["who"]) == (LOCK["ID"], "ana@laptop")
    tenant.api.request("UNLOCK", url, json=LOCK)
    make_plan(tenant.api, environment, null("a"))
    # And a deployment's lock can't be taken, nor forced open, by Terraform
    started = start_deployment(tenant.api, environment, release={"image": "web:1", "startup_seconds": 600})
    assert tenant.api.refused("LOCK", url, 423, "state_locked", json=LOCK)["ID"] == started["id"]
    assert tenant.api.refused("UNLOCK", url, 423, "state_locked")["ID"] == started["id"]
    # Not even under the deployment's own id, which anybody may read
    theirs = {**LOCK, "ID": started["id"]}
    for method in ("LOCK", "UNLOCK"):
        tenant.api.refused(method, url, 423, "state_locked", json=theirs)
    tenant.api.refused("POST", url, 423, "state_locked", json=STATE, params={"ID": started["id"]})
    assert tenant.api.ok("GET", f"{environment}/lock")["owner"] == started["id"]


@pytest.mark.parametrize("serial", [7, 8, 9])
def test_a_client_whose_lock_was_forced_open_changes_nothing_any_more(tenant: Tenant, serial: int) -> None:
    # Given a client whose lock somebody has opened, and another one that wrote and went meanwhile
    url, lost = f"{DEPLOY}/states/prod", {"ID": LOCK["ID"]}
    other = {**LOCK, "ID": "another", "Who": "bo@laptop"}
    tenant.api.ok("LOCK", url, 200, json=LOCK)
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 6}, params=lost)
    tenant.api.ok("UNLOCK", url, 200)
    tenant.api.ok("LOCK", url, 200, json=other)
    for number in (7, 8):
        tenant.api.ok("POST", url, 200, json={**STATE, "serial": number}, params={"ID": other["ID"]})
    tenant.api.ok("UNLOCK", url, 200, json=other)
    # When the first goes on as if it held the lock, then it is refused, whatever it writes
    late = {**STATE, "serial": serial, "outputs": {"late": 1}}
    tenant.api.refused("POST", url, 409, "state_version_conflict", json=late, params=lost)
    tenant.api.refused("DELETE", url, 409, "state_version_conflict", params=lost)
    assert tenant.api.ok("GET", url) == {**STATE, "serial": 8}
    # And what is stored already it may say again, as one does who heard no answer
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 8}, params=lost)
    # And under its lock, or without any, it is heard
    tenant.api.ok("LOCK", url, 200, json=LOCK)
    tenant.api.ok("POST", url, 200, json=late, params=lost)
    tenant.api.ok("UNLOCK", url, 200, json=LOCK)
    tenant.api.ok("DELETE", url, 200, params={"ID": ""})
    tenant.api.ok("DELETE", url, 200, params=lost)
