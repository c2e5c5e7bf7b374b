"""Credits, and the notes that give money back."""

from typing import Any

import pytest

from tests.support.billing import invoice, set_price, use
from tests.support.identities import Tenant
from tests.support.months import last_complete, past_days

CREDITS = "/api/billing/v1/credits"


def credit(amount: Any, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "reason": "goodwill"}


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.005", "USD"), ("0.5", "JPY"), ("0.0001", "BHD"), ("0", "USD"), ("-1", "USD")]
)
def test_a_credit_is_whole_minor_units_and_more_than_nothing(tenant: Tenant, amount: str, currency: str) -> None:
    """12.50 less half a cent is no amount of dollars, and 110 less half a yen none of yen."""
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"currency": currency})
    tenant.operator.refused("POST", CREDITS, 422, "invalid_credit", json=credit(amount, currency))
    assert list(tenant.api.items(CREDITS)) == []


@pytest.mark.parametrize("amount", ["１", "1_000", " 5", "1e2", "+1", 1.5, True, None, [], "NaN", "1" * 2000])
def test_an_amount_is_written_plainly(tenant: Tenant, amount: Any) -> None:
    """Full-width digits, underscores, exponents and floats: what was meant can't be told from what was sent."""
    tenant.operator.refused("POST", CREDITS, 422, "validation_failed", json=credit(amount))
    assert list(tenant.api.items(CREDITS)) == []


def test_an_integer_is_as_good_as_its_text(tenant: Tenant) -> None:
    assert tenant.operator.ok("POST", CREDITS, 201, json=credit(25))["amount"] == "25.00"


def test_credit_notes_are_in_the_currency_of_their_invoice(tenant: Tenant) -> None:
    """The account has changed to dinars since, and 10 of them are 26 dollars."""
    set_price(tenant, "m", "10")
    month = last_complete()
    use(tenant, "m", "1", month.late())
    notes = f"/api/billing/v1/invoices/{invoice(tenant, month.period)['id']}/credit-notes"
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"currency": "KWD"})
    for refused in (credit("10", "KWD"), credit("9.999"), credit("10.01"), credit("-1")):
        tenant.operator.refused("POST", notes, 422, "invalid_credit", json=refused)
    assert list(tenant.api.items(notes)) == []
    made = tenant.operator.ok("POST", notes, 201, json=credit("9.99"))
    assert (made["amount"], made["currency"]) == ("9.99", "USD")
    tenant.operator.refused("POST", notes, 422, "invalid_credit", json=credit("0.02"))
    assert [note["id"] for note in tenant.api.items(notes)] == [made["id"]]


def test_a_credit_note_can_be_bound_to_the_invoice_that_was_read(tenant: Tenant) -> None:
    set_price(tenant, "m", "10")
    month = last_complete()
    use(tenant, "m", "1", month.late())
    made = invoice(tenant, month.period)
    notes = f"/api/billing/v1/invoices/{made['id']}/credit-notes"
    stale = tenant.operator.with_headers(If_Match=f'"{made["version"] + 1}"')
    stale.refused("POST", notes, 412, "version_conflict", json=credit("1"))
    right = tenant.operator.with_headers(If_Match=f'"{made["version"]}"')
    right.ok("POST", notes, 201, json=credit("1"))


def test_credit_in_another_currency_waits_for_it(tenant: Tenant) -> None:
    tenant.operator.ok("POST", CREDITS, 201, json=credit("5"))
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"currency": "JPY"})
    set_price(tenant, "m", "100", "JPY")
    earlier, later = past_days(1, before=1), past_days(1)
    use(tenant, "m", "1", earlier.late())
    assert invoice(tenant, earlier.period)["credits"] == "0"
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"currency": "USD"})
    set_price(tenant, "m", "8")
    use(tenant, "m", "1", later.late())
    assert invoice(tenant, later.period)["total"] == "3.00"
