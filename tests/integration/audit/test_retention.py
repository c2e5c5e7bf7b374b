"""Records go when they are older than they are kept, and not one that is held; the rest is verified as before."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.asking import crowd
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, login_operator
from tests.support.rows import held_rows
from tests.support.tables import locked_table, sessions_at_locks, under_way

pytestmark = pytest.mark.timeout(400)
AUDIT = "/api/audit/v1"
DAY, SLOW = 86_400, 100.0
"""Up to four rounds of five seconds follow each other: checkpoint, announcement, checkpoint, removal."""

SIGNING = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
HEAD = "SELECT sequence FROM audit.chain_heads WHERE tenant_id = %s FOR UPDATE"


def sequences(api: Api) -> list[int]:
    return [record["sequence"] for record in api.items(f"{AUDIT}/records")]


def verified(api: Api) -> dict[str, Any]:
    answer: dict[str, Any] = api.ok("POST", f"{AUDIT}/verifications")
    assert answer["valid"] is True, answer
    return answer


def offline(api: Api, fleet: FleetControl) -> tuple[int, str]:
    files = {"signed": api.get(f"{AUDIT}/checkpoints").text, "export": api.get(f"{AUDIT}/export").text}
    key = api.ok("GET", f"{AUDIT}/checkpoint-key")["public_key"]
    arguments = ("export", "--checkpoints", "signed", "--key", key)
    return fleet.run("audit", "services.audit.cli", *arguments, files=files)


def make_project(api: Api, name: str) -> str:
    made: str = api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": name})["id"]
    return made


def covered(api: Api) -> bool:
    """Whether the whole trail is under a checkpoint."""
    answer = verified(api)
    return bool(answer["head"]["sequence"] == answer["checkpoint"]["sequence"])


@pytest.mark.services("tenants")
def test_old_records_go_and_the_rest_is_verified(tenant: Tenant, operator: Api, fleet: FleetControl) -> None:
    make_project(tenant.api, "first")
    eventually(lambda: covered(tenant.api) and len(sequences(tenant.api)) >= 5, timeout=SLOW)
    before = sequences(tenant.api)[-1]
    fleet.step_clock(8 * DAY)
    api = login_operator(operator.url).with_headers(X_Tenant_Id=tenant.id)
    assert api.ok("PUT", f"{AUDIT}/retention", json={"days": 7})["days"] == 7
    eventually(lambda: sequences(api)[0] > before, timeout=SLOW)
    assert sequences(api) == list(range(before + 1, sequences(api)[-1] + 1))
    assert verified(api)["complete"] is True
    types = [record["type"] for record in api.items(f"{AUDIT}/records")]
    assert {"audit.retention.changed", "audit.removal.announced"} <= set(types)
    code, told = offline(api, fleet)
    assert (code, told.startswith("valid: ")) == (0, True), told
    api.refused("GET", f"{AUDIT}/records/1", 404, "not_found")


@pytest.mark.services("tenants")
def test_what_is_held_stays_until_it_is_released(tenant: Tenant, operator: Api, fleet: FleetControl) -> None:
    held = make_project(tenant.api, "held")
    make_project(tenant.api, "other")
    eventually(lambda: covered(tenant.api) and len(sequences(tenant.api)) >= 6, timeout=SLOW)
    fleet.step_clock(8 * DAY)
    api = login_operator(operator.url).with_headers(X_Tenant_Id=tenant.id)
    [place] = [record["sequence"] for record in api.items(f"{AUDIT}/records", subject=held)]
    last = sequences(api)[-1]
    hold = api.ok("POST", f"{AUDIT}/legal-holds", 201, json={"reason": "case 4711", "subject": held})
    api.ok("PUT", f"{AUDIT}/retention", json={"days": 7})
    # A later record tells that the retention has been looked at: it is in the trail, and what is held is as well
    eventually(lambda: sequences(api)[-1] > last, timeout=SLOW)
    for _ in range(5):
        assert place in sequences(api)
        assert verified(api)["complete"] is True
    api.ok("DELETE", f"{AUDIT}/legal-holds/{hold['id']}", 204)
    eventually(lambda: place not in sequences(api), timeout=SLOW)
    assert verified(api)["complete"] is True
    assert list(api.items(f"{AUDIT}/legal-holds")) == []


def announced(api: Api) -> bool:
    return bool(list(api.items(f"{AUDIT}/records", type="audit.removal.announced")))


def recorded(api: Api, subject: str) -> bool:
    return bool(list(api.items(f"{AUDIT}/records", subject=subject)))


@pytest.mark.services("tenants")
def test_records_stay_that_are_kept_for_ever_before_their_turn_comes(
    tenant: Tenant, operator: Api, fleet: FleetControl
) -> None:
    """Their removal is announced and signed, and the round that would do it has begun, when the word is given."""
    for name in ("first", "second"):  # What may go ends at a checkpoint before the last one
        made = make_project(tenant.api, name)
        eventually(lambda made=made: recorded(tenant.api, made) and covered(tenant.api), timeout=SLOW)  # type: ignore[misc]
    fleet.step_clock(8 * DAY)
    api = login_operator(operator.url).with_headers(X_Tenant_Id=tenant.id)
    with ExitStack() as asked:
        with ExitStack() as held:
            with held_rows(fleet, "audit", SIGNING, f"checkpoints:{tenant.id}"):
                api.ok("PUT", f"{AUDIT}/retention", json={"days": 7})
                eventually(lambda: announced(api), timeout=SLOW)
                head = held.enter_context(held_rows(fleet, "audit", HEAD, tenant.id))
                kept = asked.enter_context(under_way(api, "PUT", f"{AUDIT}/retention", json={"days": None}))
                head.wait_for(1)
            head.wait_for(3)  # Who has signed, and the round, stand behind the request
        assert kept.result() == 200
    later = make_project(api, "later")
    eventually(lambda: recorded(api, later), timeout=SLOW)  # It came after the round, which held the head
    assert sequences(api)[0] == 1
    assert verified(api)["complete"] is True


@pytest.mark.parametrize("days", [0, 6, 3_654, -1, "x"])
def test_a_retention_has_bounds(tenant: Tenant, days: object) -> None:
    tenant.api.refused("PUT", f"{AUDIT}/retention", 422, "validation_failed", json={"days": days})
    assert tenant.api.ok("GET", f"{AUDIT}/retention") == {"days": None, "version": 0}


def test_the_first_retention_is_set_upon_the_version_that_was_read(tenant: Tenant) -> None:
    path, body = f"{AUDIT}/retention", {"days": 7}
    tenant.api.refused("PUT", path, 412, "version_conflict", json=body, headers={"If-Match": '"7"'})
    read = tenant.api.get(path)
    assert (read.json(), read.headers["ETag"]) == ({"days": None, "version": 0}, '"0"')
    assert tenant.api.ok("PUT", path, json=body, headers={"If-Match": read.headers["ETag"]})["version"] == 1


def test_of_two_first_retentions_at_once_one_is_set(tenant: Tenant, fleet: FleetControl) -> None:
    def put(days: int) -> int:
        headers = {"If-Match": '"0"'}
        return tenant.api.put(f"{AUDIT}/retention", json={"days": days}, headers=headers).status_code

    with ThreadPoolExecutor(2) as pool:
        with locked_table(fleet, "audit", "retentions", database="audit"):
            asked = [pool.submit(put, days) for days in (7, 8)]
            eventually(lambda: sessions_at_locks(fleet, "audit", database="audit") >= 2)
        assert sorted(each.result(timeout=30) for each in asked) == [200, 412]


@pytest.mark.parametrize("ends", ["2020-01-01T00:00:00Z", "2020-01-01T00:59:59+01:00"])
def test_a_hold_of_no_time_at_all_is_refused(tenant: Tenant, ends: str) -> None:
    body = {"reason": "x", "begins_at": "2020-01-01T00:00:00Z", "ends_at": ends}
    tenant.api.refused("POST", f"{AUDIT}/legal-holds", 422, "validation_failed", json=body)
    assert list(tenant.api.items(f"{AUDIT}/legal-holds")) == []
    for given in ({"begins_at": ends}, {"ends_at": ends}, {"begins_at": ends, "ends_at": "2020-01-01T00:00:01Z"}):
        tenant.api.ok("POST", f"{AUDIT}/legal-holds", 201, json={"reason": "x", **given})


def test_a_tenant_has_a_limit_of_legal_holds(tenant: Tenant) -> None:
    """All of them are looked at whenever records might go."""
    path, body = f"{AUDIT}/legal-holds", {"reason": "x"}
    assert crowd(tenant.api, "POST", path, [body] * 105) == {201: 100, 422: 5}
    assert tenant.api.refused("POST", path, 422, "legal_hold_limit_reached", json=body)["limit"] == 100
    hold = next(iter(tenant.api.items(path)))
    tenant.api.ok("DELETE", f"{path}/{hold['id']}", 204)
    tenant.api.ok("POST", path, 201, json=body)


@pytest.mark.parametrize("role", ["member", "viewer", "auditor"])
def test_only_administrators_say_what_is_kept(tenant: Tenant, role: str) -> None:
    user = tenant.user(role)
    user.refused("PUT", f"{AUDIT}/retention", 403, "forbidden", json={"days": 7})
    user.refused("POST", f"{AUDIT}/legal-holds", 403, "forbidden", json={"reason": "x"})
    hold = tenant.api.ok("POST", f"{AUDIT}/legal-holds", 201, json={"reason": "x"})
    user.refused("DELETE", f"{AUDIT}/legal-holds/{hold['id']}", 403, "forbidden")
    assert [item["id"] for item in tenant.api.items(f"{AUDIT}/legal-holds")] == [hold["id"]]
