"""The HTTP backend protocol as Terraform's client speaks it."""

import base64
import hashlib
import json

from tests.support.deploying import DEPLOY, make_environment, make_plan, null, start_deployment
from tests.support.identities import Tenant

LOCK = {
    "ID": "6f1c5b7e-0000-4c1e-8f1d-2b7d9a3c1a11",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ana@laptop",
    "Version": "1.9.5",
    "Created": "2020-02-01T12:00:00Z",
    "Path": "",
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
    assert tenant.api.get(url).json() == STATE
    assert tenant.api.request("UNLOCK", url, json=LOCK).status_code == 200
    assert tenant.api.request("LOCK", url, json={**LOCK, "ID": "another"}).status_code == 200


def test_a_held_lock_is_answered_with_the_lock_info_of_its_holder(tenant: Tenant) -> None:
    url = f"{DEPLOY}/states/prod"
    tenant.api.request("LOCK", url, json=LOCK)
    other = {**LOCK, "ID": "another", "Who": "bo@laptop"}
    shown = {key: LOCK[key] for key in ("ID", "Operation", "Info", "Who", "Created")}
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


def test_a_document_is_refused_when_it_is_damaged_older_or_of_another_lineage(tenant: Tenant) -> None:
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 5})
    wrong = {"Content-MD5": base64.b64encode(b"0" * 16).decode()}
    tenant.api.refused("POST", url, 400, "checksum_mismatch", json={**STATE, "serial": 6}, headers=wrong)
    tenant.api.refused("POST", url, 409, "state_version_conflict", json={**STATE, "serial": 4})
    tenant.api.refused("POST", url, 409, "state_version_conflict", json={**STATE, "serial": 5, "outputs": {"a": 1}})
    tenant.api.refused("POST", url, 409, "lineage_mismatch", json={**STATE, "serial": 6, "lineage": "other"})
    tenant.api.refused("POST", url, 400, "not_a_state_document", json={"version": 4})
    assert tenant.api.get(url).json() == {**STATE, "serial": 5}
    # And the same version again is no change
    tenant.api.ok("POST", url, 200, json={**STATE, "serial": 5})


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
    assert tenant.api.ok("GET", f"{environment}/lock")["owner"] == started["id"]
