"""What the period that runs has cost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.billing import invoice, set_price, subscribe, use
from tests.support.clock import clock
from tests.support.identities import Tenant
from tests.support.months import current

pytestmark = pytest.mark.usefixtures("same_day")
"""Where a month ends, so does the period that runs."""
SPEND = "/api/billing/v1/spend"


def test_usage_of_the_period_that_runs_is_rated_as_its_invoice_will(tenant: Tenant) -> None:
    set_price(tenant, "m", "0.335")
    month = current()
    use(tenant, "m", "3", max(month.start, clock.now() - timedelta(seconds=5)).isoformat())
    use(tenant, "m", "100", month.start.isoformat(), started_at=(month.start - timedelta(seconds=1)).isoformat())
    use(tenant, "no.price", "1", clock.now().isoformat())
    found = tenant.api.ok("GET", SPEND)
    assert (found["usage"], found["plans"], found["total"], found["currency"]) == ("1.01", "0.00", "1.01", "USD")
    assert found["unpriced_meters"] == ["no.price"]


def test_a_plan_costs_what_of_the_month_has_passed(tenant: Tenant) -> None:
    month = current()
    subscribe(tenant, "1000000", month.start.isoformat())

    def passed() -> Decimal:
        return Decimal((clock.now() - month.start) / (month.end - month.start)) * 1_000_000

    before = passed()
    plans = Decimal(tenant.api.ok("GET", SPEND)["plans"])
    assert before - 1 <= plans <= passed() + 1


def test_what_is_billed_already_is_spent_all_the_same(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    now = clock.now()
    start = max(current().start, now - timedelta(minutes=2))
    use(tenant, "m", "7", start.isoformat())
    invoice(tenant, {"period_start": start.isoformat(), "period_end": clock.now().isoformat()})
    assert tenant.api.ok("GET", SPEND)["usage"] == "7.00"


def test_usage_of_a_source_whose_clock_is_ahead_is_not_spent_yet(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    now = clock.now()
    use(tenant, "m", "5", (now + timedelta(minutes=4)).isoformat())
    use(tenant, "m", "2", (now + timedelta(minutes=4)).isoformat(), started_at=(now - timedelta(hours=1)).isoformat())
    use(tenant, "m", "1", now.isoformat())
    assert tenant.api.ok("GET", SPEND)["usage"] == "1.00"
