"""Monitoring among its neighbours."""

import secrets

import pytest

from tests.support.balancing import check, make_pool, pick
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, RULES, evaluate, make_rule, points, sample, send
from tests.support.zones import make_zone, records_of, resolve, values


@pytest.mark.services("dns")
def test_an_alert_takes_a_region_out_of_the_answers_until_it_is_resolved(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    answers = [{"value": "192.0.2.1", "role": "primary"}, {"value": "192.0.2.2", "role": "secondary"}]
    body = {"name": "www", "type": "A", "policy": "failover", "answers": answers}
    record = tenant.api.ok("POST", records_of(zone), 201, json=body)
    make_rule(tenant.api, for_seconds=60)
    send(tenant.api, sample(0, 9), sample(60, 9), sample(120, 1))
    for seconds, expected in ((0, "192.0.2.1"), (60, "192.0.2.2"), (120, "192.0.2.1")):
        evaluate(tenant.api, seconds)
        firing = bool(list(tenant.api.items(ALERTS, state="firing")))
        report = {"value": "192.0.2.1", "healthy": not firing}
        tenant.api.ok("POST", f"{records_of(zone)}/{record['id']}/health", json=report)
        assert values(resolve(tenant.api, "www.example.com")) == [expected]


@pytest.mark.services("loadbalancer")
def test_failing_checks_show_in_the_pool_and_in_the_alerts(tenant: Tenant) -> None:
    pool, [first, second] = make_pool(tenant.api, 1, 1, fall=2)
    make_rule(tenant.api, metric="backend_up", operator="<", threshold=1)
    for minute, results in enumerate(("-", "-")):
        healthy = check(tenant.api, pool, first, results)
        send(tenant.api, sample(60 * minute, float(healthy), name="backend_up", backend=first))
    assert (evaluate(tenant.api, 0), evaluate(tenant.api, 60)) == ([], ["firing"])
    assert {pick(tenant.api, pool) for _ in range(3)} == {second}


@pytest.mark.services("tenants", "auth")
def test_a_closed_tenant_leaves_nothing_behind(tenant: Tenant) -> None:
    make_rule(tenant.api)
    send(tenant.api, sample(0, 9))
    evaluate(tenant.api, 0)
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(RULES)) == list(tenant.operator.items(ALERTS)) == [])
    assert points(tenant.operator, 0, 0) == []


def unevaluated(tenant: Tenant) -> list[str]:
    return [rule["name"] for rule in tenant.operator.items(RULES) if rule["health"] == "unknown"]


def left_out(tenant: Tenant, neighbour: Tenant) -> bool:
    """Whether evaluations in the background pass a tenant by: a rule of its isn't evaluated, while two rules of its
    neighbour, each made after the one before, are."""
    name = secrets.token_hex(6)
    make_rule(tenant.operator, name)
    for _ in range(2):
        make_rule(neighbour.operator, secrets.token_hex(6))
        eventually(lambda: not unevaluated(neighbour), timeout=30)
    return name in unevaluated(tenant)


@pytest.mark.services("tenants")
def test_a_suspended_tenants_rules_are_evaluated_again_once_it_is_resumed(tenant: Tenant, other_tenant: Tenant) -> None:
    place = f"/api/tenants/v1/tenants/{tenant.id}"
    tenant.operator.ok("POST", f"{place}/suspend")
    eventually(lambda: left_out(tenant, other_tenant), timeout=60)
    tenant.operator.ok("POST", f"{place}/resume")
    eventually(lambda: not unevaluated(tenant), timeout=30)
