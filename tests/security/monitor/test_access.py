"""Who may see and do what in monitor."""

from datetime import datetime, timedelta

from tests.support.api import Api
from tests.support.asking import crowd
from tests.support.clock import clock
from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, MONITOR, RULES, SILENCES, at, evaluate, make_rule, points, sample, send


def test_a_metric_of_the_same_name_is_another_tenants_own(tenant: Tenant, other_tenant: Tenant) -> None:
    send(other_tenant.api, sample(0, 9))
    make_rule(tenant.api)
    assert evaluate(tenant.api, 0) == []
    assert points(tenant.api, 0, 0) == []
    assert points(other_tenant.api, 0, 0) == [[9.0]]


def test_another_tenants_rule_and_alerts_do_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    rule = make_rule(other_tenant.api)
    send(other_tenant.api, sample(0, 9))
    evaluate(other_tenant.api, 0)
    for method in ("GET", "DELETE"):
        tenant.api.refused(method, f"{RULES}/{rule['id']}", 404, "not_found")
    assert list(tenant.api.items(RULES)) == list(tenant.api.items(ALERTS)) == []
    assert [alert["state"] for alert in other_tenant.api.items(ALERTS)] == ["firing"]


def test_a_header_that_names_another_tenant_sends_nothing_there(tenant: Tenant, other_tenant: Tenant) -> None:
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    intruder.refused("POST", f"{MONITOR}/samples", 403, "forbidden", json={"samples": [sample(0, 9)]})
    assert points(other_tenant.api, 0, 0) == points(tenant.api, 0, 0) == []


def test_who_may_only_look_changes_nothing(tenant: Tenant, viewer: Api) -> None:
    rule = make_rule(tenant.api)
    viewer.refused("POST", f"{MONITOR}/samples", 403, "forbidden", json={"samples": [sample(0, 9)]})
    viewer.refused("DELETE", f"{RULES}/{rule['id']}", 403, "forbidden")
    assert viewer.ok("GET", f"{RULES}/{rule['id']}")["version"] == 1
    assert points(viewer, 0, 0) == []


def test_nobody_gets_nothing(anonymous: Api) -> None:
    anonymous.refused("GET", RULES, 401, "unauthenticated")
    anonymous.refused("POST", f"{MONITOR}/samples", 401, "unauthenticated", json={"samples": [sample(0, 9)]})


def test_a_tenant_has_a_limit_of_series_and_another_tenants_are_its_own(tenant: Tenant, other_tenant: Tenant) -> None:
    for name in range(10):  # In parts: a request's time is short on a busy machine.
        send(tenant.api, *(sample(0, 1, name=f"m{name}", host=str(number)) for number in range(name, 5_000, 10)))
    body = {"samples": [sample(0, 1, name="m10")]}
    problem = tenant.api.refused("POST", f"{MONITOR}/samples", 422, "cardinality_exceeded", json=body)
    assert problem["limit"] == 5000
    assert send(tenant.api, sample(60, 2, name="m0", host="0")) == {"accepted": 1, "duplicates": 0}
    assert send(other_tenant.api, sample(0, 1, name="m10")) == {"accepted": 1, "duplicates": 0}


def test_a_query_that_would_keep_the_service_busy_is_refused(tenant: Tenant) -> None:
    send(tenant.api, *(sample(0, 1, host=str(number)) for number in range(500)))
    query = {"name": "load", "start": at(0), "end": at(10_000), "step": 1}
    problem = tenant.api.refused("GET", f"{MONITOR}/query", 422, "too_many_samples", params=query)
    assert problem["limit"] == 2_000_000


def test_a_tenant_has_a_limit_of_silences_that_have_not_ended(tenant: Tenant) -> None:
    """All that hold are matched with every alert that is shown."""
    now = clock.now()
    body = {"matchers": {"host": "a"}, "starts_at": _in(now, 0), "ends_at": _in(now, 1)}
    # One of the past doesn't count
    tenant.api.ok("POST", SILENCES, 201, json={**body, "starts_at": _in(now, -2), "ends_at": _in(now, -1)})
    assert crowd(tenant.api, "POST", SILENCES, [body] * 505) == {201: 500, 422: 5}
    problem = tenant.api.refused("POST", SILENCES, 422, "silence_limit_reached", json=body)
    assert problem["limit"] == 500


def _in(now: datetime, days: int) -> str:
    return (now + timedelta(days=days)).isoformat()
