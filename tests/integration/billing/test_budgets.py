"""Budgets and their alerts."""

from typing import Any

import pytest

from tests.support.billing import set_price, use
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant

pytestmark = pytest.mark.usefixtures("same_day")
"""Where a month ends, so does the period that runs."""
BUDGETS = "/api/billing/v1/budgets"
WATCHED = 30.0
"""Seconds in which spending is looked at, on a busy machine."""


def create(tenant: Tenant, amount: str = "10", **fields: Any) -> dict[str, Any]:
    body = {"name": "team", "amount": amount, "currency": "USD", **fields}
    made: dict[str, Any] = tenant.api.ok("POST", BUDGETS, 201, json=body)
    return made


def told(tenant: Tenant, budget: dict[str, Any], count: int) -> list[tuple[int, str]]:
    """The thresholds of a budget that were told of and what was spent then, once there are so many."""

    def probe() -> list[tuple[int, str]]:
        found = [(alert["threshold"], alert["spent"]) for alert in tenant.api.items(f"{BUDGETS}/{budget['id']}/alerts")]
        assert len(found) >= count, found
        return found

    return eventually(probe, WATCHED)


def test_each_threshold_is_told_of_once_as_spending_reaches_it(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    budget = create(tenant, thresholds=[50, 80, 100])
    use(tenant, "m", "5", clock.now().isoformat())
    assert told(tenant, budget, 1) == [(50, "5.00")]
    use(tenant, "m", "20", clock.now().isoformat())
    assert told(tenant, budget, 3) == [(50, "5.00"), (80, "25.00"), (100, "25.00")]
    spend = tenant.api.ok("GET", "/api/billing/v1/spend")
    [alert, *_] = tenant.api.items(f"{BUDGETS}/{budget['id']}/alerts")
    assert {name: alert[name] for name in ("period_start", "period_end")} == {
        name: spend[name] for name in ("period_start", "period_end")
    }


def test_a_budget_that_is_spent_already_tells_at_once(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    use(tenant, "m", "20", clock.now().isoformat())
    assert told(tenant, create(tenant), 2) == [(80, "20.00"), (100, "20.00")]


def test_a_raised_budget_tells_only_what_it_has_not_told(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    use(tenant, "m", "8", clock.now().isoformat())
    budget = create(tenant)
    assert told(tenant, budget, 1) == [(80, "8.00")]
    changed = tenant.api.ok("PATCH", f"{BUDGETS}/{budget['id']}", json={"amount": "20", "currency": "USD"})
    assert (changed["amount"], changed["thresholds"], changed["version"]) == ("20.00", [80, 100], 2)
    use(tenant, "m", "12", clock.now().isoformat())
    assert told(tenant, budget, 2) == [(80, "8.00"), (100, "20.00")]


def test_a_stale_version_changes_and_deletes_nothing(tenant: Tenant) -> None:
    budget = create(tenant)
    path = f"{BUDGETS}/{budget['id']}"
    stale = tenant.api.with_headers(If_Match='"7"')
    stale.refused("PATCH", path, 412, "version_conflict", json={"name": "other"})
    stale.refused("DELETE", path, 412, "version_conflict")
    assert tenant.api.ok("GET", path) == budget
    tenant.api.ok("DELETE", path, 204)
    assert list(tenant.api.items(BUDGETS)) == []


@pytest.mark.services("tenants")
def test_a_closed_tenants_budgets_are_watched_no_more(tenant: Tenant, other_tenant: Tenant) -> None:
    for each in (tenant, other_tenant):
        set_price(each, "m", "1")
    budget, other = create(tenant), create(other_tenant, thresholds=[50, 100])
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    body = {"name": "one more", "amount": "10", "currency": "USD"}
    eventually(lambda: tenant.operator.post(BUDGETS, json=body).status_code == 403, timeout=30)
    use(tenant, "m", "20", clock.now().isoformat())
    # Two rounds of the watch, the second of which began after that.
    for count in (1, 2):
        use(other_tenant, "m", "5", clock.now().isoformat())
        assert len(told(other_tenant, other, count)) == count
    assert list(tenant.operator.items(f"{BUDGETS}/{budget['id']}/alerts")) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": "0"}, "invalid_budget"),
        ({"amount": "0.005"}, "invalid_budget"),
        ({"amount": 10.5}, "validation_failed"),
        ({"currency": "JPY"}, "invalid_budget"),
        ({"currency": "ZZZ"}, "unknown_currency"),
        ({"thresholds": []}, "validation_failed"),
        ({"thresholds": [0]}, "validation_failed"),
        ({"thresholds": [1001]}, "validation_failed"),
        ({"thresholds": [80, 80]}, "invalid_budget"),
        ({"thresholds": 80}, "validation_failed"),
    ],
)
def test_what_is_no_budget_is_refused(tenant: Tenant, fields: dict[str, Any], code: str) -> None:
    body = {"name": "team", "amount": "10", "currency": "USD", **fields}
    tenant.api.refused("POST", BUDGETS, 422, code, json=body)
    assert list(tenant.api.items(BUDGETS)) == []


def test_budgets_have_a_limit_that_is_said(tenant: Tenant) -> None:
    for _ in range(100):
        create(tenant)
    body = {"name": "one more", "amount": "10", "currency": "USD"}
    tenant.api.refused("POST", BUDGETS, 409, "budget_limit_reached", json=body)
    assert len(list(tenant.api.items(BUDGETS))) == 100
