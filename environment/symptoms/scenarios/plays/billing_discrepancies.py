"""The month's close of February 2027, for five customers."""

from __future__ import annotations

from collections.abc import Mapping

from environment.symptoms.scenarios.cast import Cast
from environment.symptoms.scenarios.stage import Stage
from environment.symptoms.scenarios.transcript import Transcript
from tests.support.identities import Tenant

BILLING = "/api/billing/v1"
JANUARY = {"period_start": "2027-01-01T00:00:00Z", "period_end": "2027-02-01T00:00:00Z"}
FEBRUARY = {"period_start": "2027-02-01T00:00:00Z", "period_end": "2027-03-01T00:00:00Z"}
SUMS = ("subtotal", "discounts", "credits", "tax", "total", "currency")


def play(stage: Stage) -> Mapping[str, str]:
    """What the close's requests are answered."""
    cast = Cast(stage)
    return {
        "metered": str(_metered(cast.tenant())),
        "plan": str(_plan(cast.tenant())),
        "twice": str(_twice(cast.tenant())),
        "credit": str(_credit(cast.tenant())),
        "yen": str(_yen(cast.tenant())),
        "discount": str(_discount(cast.tenant())),
    }


def _use(tenant: Tenant, meter: str, quantity: str) -> None:
    record = {
        "source": "close", "id": f"{tenant.id}-{meter}", "meter": meter, "quantity": quantity, "resource_id": "r-1",
        "started_at": "2027-02-28T10:00:00Z", "ended_at": "2027-02-28T11:00:00Z",
    }  # fmt: skip
    tenant.operator.ok("POST", f"{BILLING}/usage", 201, json=record)


def _price(tenant: Tenant, meter: str, amount: str, currency: str = "USD") -> None:
    body = {"currency": currency, "unit_amount": amount}
    tenant.operator.ok("PUT", f"{BILLING}/prices/{meter}", json=body)


def _metered(tenant: Tenant) -> Transcript:
    """Three units at 1.115 are exactly 3.345."""
    said = Transcript()
    body = {"currency": "USD", "unit_amount": "1.115"}
    said.asked(tenant.operator, "PUT", f"{BILLING}/prices/dns.queries_million", body)
    _use(tenant, "dns.queries_million", "3")
    lines = ("meter", "quantity", "amount")
    said.asked(tenant.operator, "POST", f"{BILLING}/invoices", FEBRUARY, fields=("lines", "total"), of=lines)
    return said


def _plan(tenant: Tenant) -> Transcript:
    """A plan of 310.00 for the whole of January, and for the whole of February."""
    said = Transcript()
    body = {"plan": "business", "fee": "310.00", "currency": "USD", "started_at": "2027-01-01T00:00:00Z"}
    said.asked(tenant.operator, "POST", f"{BILLING}/subscriptions", body)
    for period in (JANUARY, FEBRUARY):
        lines = ("meter", "months", "amount")
        said.asked(tenant.operator, "POST", f"{BILLING}/invoices", period, fields=("lines", "total"), of=lines)
    return said


def _twice(tenant: Tenant) -> Transcript:
    """The close is started again after its first run was believed lost."""
    _price(tenant, "support.hours", "120")
    _use(tenant, "support.hours", "2")
    said = Transcript()
    for _ in range(2):
        said.asked(tenant.operator, "POST", f"{BILLING}/invoices", FEBRUARY, fields=("number", "total", "code"))
    said.asked(tenant.api, "GET", f"{BILLING}/invoices", fields=("items",), of=("number", "period_start", "total"))
    return said


def _credit(tenant: Tenant) -> Transcript:
    """100.00 of usage, 40.00 of credit, 19% tax."""
    tenant.operator.ok("PATCH", f"{BILLING}/account", json={"tax_rate": "0.19"})
    _price(tenant, "support.hours", "100")
    _use(tenant, "support.hours", "1")
    said = Transcript()
    body = {"amount": "40", "currency": "USD", "reason": "goodwill"}
    said.asked(tenant.operator, "POST", f"{BILLING}/credits", body, fields=("amount",))
    said.asked(tenant.operator, "POST", f"{BILLING}/invoices", FEBRUARY, fields=SUMS)
    return said


def _yen(tenant: Tenant) -> Transcript:
    """A customer who pays in yen."""
    tenant.operator.ok("PATCH", f"{BILLING}/account", json={"currency": "JPY"})
    _price(tenant, "cdn.gigabytes", "12.5", "JPY")
    _use(tenant, "cdn.gigabytes", "3")
    said = Transcript()
    lines = ("meter", "quantity", "amount")
    fields = ("lines", "total", "currency")
    said.asked(tenant.operator, "POST", f"{BILLING}/invoices", FEBRUARY, fields=fields, of=lines)
    return said


def _discount(tenant: Tenant) -> Transcript:
    """A tenth off, which is as it should be."""
    _price(tenant, "support.hours", "33.33")
    _use(tenant, "support.hours", "1")
    said = Transcript()
    body = {"name": "partner", "percent_off": "10", "duration": "once"}
    said.asked(tenant.operator, "POST", f"{BILLING}/discounts", body, fields=("name", "code", "detail"))
    said.asked(tenant.operator, "POST", f"{BILLING}/invoices", FEBRUARY, fields=SUMS)
    return said
