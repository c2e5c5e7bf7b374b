"""Discounts on invoices."""

from typing import Any

import pytest

from tests.support.billing import amounts, invoice, set_price, use
from tests.support.identities import Tenant
from tests.support.months import past_days

DISCOUNTS = "/api/billing/v1/discounts"


def grant(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = tenant.operator.ok("POST", DISCOUNTS, 201, json={"name": "spring", **fields})
    return made


def bills(tenant: Tenant, count: int) -> list[str]:
    """What is taken off so many invoices of 10.00, one a day."""
    set_price(tenant, "m", "10")
    taken = []
    for place in reversed(range(count)):
        span = past_days(1, before=place)
        use(tenant, "m", "1", span.late())
        taken.append(invoice(tenant, span.period)["discounts"])
    return taken


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"duration": "once"}, ["5.00", "0.00", "0.00"]),
        ({"duration": "repeating", "duration_in_months": 2}, ["5.00", "5.00", "0.00"]),
        ({"duration": "forever"}, ["5.00", "5.00", "5.00"]),
    ],
)
def test_a_discount_goes_on_as_many_invoices_as_it_says(tenant: Tenant, fields: Any, taken: list[str]) -> None:
    """Stripe's durations of a coupon."""
    grant(tenant, percent_off="50", **fields)
    assert bills(tenant, 3) == taken


def test_a_discount_that_had_nothing_to_reduce_is_not_used_up(tenant: Tenant) -> None:
    made = grant(tenant, percent_off="50")
    assert invoice(tenant, past_days(1, before=3).period)["reductions"] == []
    assert tenant.api.ok("GET", f"{DISCOUNTS}/{made['id']}")["invoices_left"] == 1
    assert bills(tenant, 1) == ["5.00"]
    assert tenant.api.ok("GET", f"{DISCOUNTS}/{made['id']}")["invoices_left"] == 0


def test_the_total_is_never_below_zero(tenant: Tenant) -> None:
    grant(tenant, amount_off="25", currency="USD")
    set_price(tenant, "m", "10")
    use(tenant, "m", "1", past_days(1).late())
    made = invoice(tenant, past_days(1).period)
    assert amounts(made) == {
        "subtotal": "10.00", "discounts": "10.00", "credits": "0.00", "tax": "0.00", "total": "0.00",
    }  # fmt: skip


def test_a_withdrawn_discount_stays_on_the_invoices_it_was_on(tenant: Tenant) -> None:
    made = grant(tenant, percent_off="12.5", duration="forever")
    assert (made["percent_off"], made["amount_off"]) == ("12.5", None)
    set_price(tenant, "m", "10")
    first, second = past_days(1, before=1), past_days(1)
    use(tenant, "m", "1", first.late())
    billed = invoice(tenant, first.period)
    stale = tenant.operator.with_headers(If_Match='"7"')
    stale.refused("DELETE", f"{DISCOUNTS}/{made['id']}", 412, "version_conflict")
    tenant.operator.ok("DELETE", f"{DISCOUNTS}/{made['id']}", 204)
    use(tenant, "m", "1", second.late())
    assert invoice(tenant, second.period)["discounts"] == "0.00"
    assert tenant.api.ok("GET", f"/api/billing/v1/invoices/{billed['id']}") == billed
    assert [(item["discount_id"], item["amount"]) for item in billed["reductions"]] == [(made["id"], "1.25")]
    tenant.api.refused("GET", f"{DISCOUNTS}/{made['id']}", 404, "not_found")


def test_an_amount_in_another_currency_waits_for_it(tenant: Tenant) -> None:
    grant(tenant, amount_off="500", currency="JPY")
    assert bills(tenant, 1) == ["0.00"]
    assert [item["invoices_left"] for item in tenant.api.items(DISCOUNTS)] == [1]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalid_discount"),
        ({"percent_off": "10", "amount_off": "1", "currency": "USD"}, "invalid_discount"),
        ({"percent_off": "0"}, "invalid_discount"),
        ({"percent_off": "100.01"}, "invalid_discount"),
        ({"percent_off": "1.001"}, "validation_failed"),
        ({"percent_off": 10.5}, "validation_failed"),
        ({"amount_off": "1"}, "validation_failed"),
        ({"amount_off": "0.005", "currency": "USD"}, "invalid_discount"),
        ({"amount_off": "1", "currency": "ZZZ"}, "unknown_currency"),
        ({"percent_off": "1", "duration": "repeating"}, "invalid_discount"),
        ({"percent_off": "1", "duration_in_months": 2}, "invalid_discount"),
        ({"percent_off": "1", "duration": "always"}, "validation_failed"),
    ],
)
def test_what_is_no_discount_is_refused(tenant: Tenant, fields: dict[str, Any], code: str) -> None:
    tenant.operator.refused("POST", DISCOUNTS, 422, code, json={"name": "spring", **fields})
    assert list(tenant.api.items(DISCOUNTS)) == []
