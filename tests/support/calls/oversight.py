"""Calls of monitor, billing, audit and compliance."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from tests.support.calls.accounts import of
from tests.support.calls.world import INTERNAL, PLATFORM, Call, Row, Table, World
from tests.support.clock import clock
from tests.support.months import past_days


def at(seconds: float) -> str:
    """A time so many seconds from now."""
    return (clock.now() + timedelta(seconds=seconds)).isoformat()


def new_rule(w: World) -> dict[str, Any]:
    return {"name": w.name("rule"), "metric": "load", "operator": ">", "threshold": 1}


def rule(w: World) -> dict[str, Any]:
    return w.make("monitor/v1/alert-rules", new_rule(w))


def new_silence() -> dict[str, Any]:
    return {"matchers": {"a": "b"}, "starts_at": at(0), "ends_at": at(3_600)}


def silence(w: World) -> dict[str, Any]:
    made = w.make("monitor/v1/silences", new_silence())
    return {**made, "etag": str(made["version"])}


def samples(w: World) -> dict[str, Any]:
    return {"samples": [{"name": f"metric_{w.number()}", "value": 1, "timestamp": at(-3_600)}]}


RULES = "/v1/alert-rules"

MONITOR: Table = {
    "GET /v1/query": Row(lambda w: Call("/v1/query", params={"name": "load", "start": at(-600), "end": at(0)})),
    "GET /v1/alert-rules": Row(lambda w: Call(RULES)),
    "GET /v1/alert-rules/{id}": Row(lambda w: of(RULES, rule(w))),
    "GET /v1/alerts": Row(lambda w: Call("/v1/alerts")),
    "GET /v1/alert-groups": Row(lambda w: Call("/v1/alert-groups", params={"by": "severity"})),
    "GET /v1/silences": Row(lambda w: Call("/v1/silences")),
    "POST /v1/samples": Row(lambda w: Call("/v1/samples", samples(w))),
    "POST /v1/alert-rules": Row(lambda w: Call(RULES, new_rule(w))),
    "PATCH /v1/alert-rules/{id}": Row(lambda w: of(RULES, rule(w), json={"threshold": 2})),
    "DELETE /v1/alert-rules/{id}": Row(lambda w: of(RULES, rule(w))),
    "POST /v1/evaluate": Row(lambda w: Call("/v1/evaluate", {"at": at(-7_200)})),
    "POST /v1/silences": Row(lambda w: Call("/v1/silences", new_silence())),
    "DELETE /v1/silences/{id}": Row(lambda w: of("/v1/silences", silence(w))),
}

MONEY = {"amount": "1.00", "currency": "USD"}


def day(w: World) -> dict[str, str]:
    """A whole day that nothing was billed of."""
    days = w.once("days", lambda: iter(range(500)))
    return past_days(1, before=next(days)).period


def invoice(w: World) -> dict[str, Any]:
    """One with something to pay on it."""
    w.once("price", lambda: price(w, "calls"))
    w.make("billing/v1/usage", use(), by=w.operator)
    return w.make("billing/v1/invoices", day(w), by=w.operator)


def use() -> dict[str, str]:
    """Usage so old that every invoice of `day` is of a later time, and so young that it is still counted."""
    usage = {"source": "calls", "id": secrets.token_hex(8), "meter": "calls", "quantity": "5", "resource_id": "r"}
    moment = at(-34 * 86_400)
    return {**usage, "started_at": moment, "ended_at": moment}


def price(w: World, meter: str) -> Call:
    path = f"/v1/prices/{meter}"
    made = w.put(f"billing{path}", {"currency": "USD", "unit_amount": "1"}, by=w.operator)
    return Call(path, {"currency": "USD", "unit_amount": "2"}, tag=made["etag"])


def noted(w: World) -> Call:
    made = invoice(w)
    return Call(f"/v1/invoices/{made['id']}/credit-notes", {**MONEY, "reason": "r"}, tag=made["etag"])


def budget(w: World) -> dict[str, Any]:
    return w.make("billing/v1/budgets", {"name": w.name(), **MONEY})


def discount(w: World) -> dict[str, Any]:
    return w.make("billing/v1/discounts", new_discount(w), by=w.operator)


def new_discount(w: World) -> dict[str, Any]:
    return {"name": w.name(), "percent_off": "1"}


def new_subscription() -> dict[str, Any]:
    return {"plan": "team", "fee": "10.00", "currency": "USD", "started_at": at(-86_400)}


def subscription(w: World, what: str = "", body: Any = None) -> Call:
    made = w.make("billing/v1/subscriptions", new_subscription(), by=w.operator)
    return Call(f"/v1/subscriptions/{made['id']}{what}", body, tag=made["etag"])


def account(w: World) -> Call:
    rate = f"0.{w.number():05d}"[:7]
    return Call("/v1/account", {"tax_rate": rate}, tag=w.read("billing/v1/account")["etag"])


NEXT_PLAN = {"plan": "business", "fee": "20.00", "currency": "USD"}

BILLING: Table = {
    "GET /v1/account": Row(lambda w: Call("/v1/account")),
    "GET /v1/budgets": Row(lambda w: Call("/v1/budgets")),
    "GET /v1/budgets/{id}": Row(lambda w: of("/v1/budgets", budget(w))),
    "GET /v1/budgets/{id}/alerts": Row(lambda w: Call(f"/v1/budgets/{budget(w)['id']}/alerts")),
    "GET /v1/credits": Row(lambda w: Call("/v1/credits")),
    "GET /v1/discounts": Row(lambda w: Call("/v1/discounts")),
    "GET /v1/discounts/{id}": Row(lambda w: of("/v1/discounts", discount(w))),
    "GET /v1/invoices": Row(lambda w: Call("/v1/invoices")),
    "GET /v1/invoices/{id}": Row(lambda w: of("/v1/invoices", invoice(w))),
    "GET /v1/invoices/{id}/credit-notes": Row(lambda w: Call(f"/v1/invoices/{invoice(w)['id']}/credit-notes")),
    "GET /v1/periods": Row(lambda w: Call("/v1/periods")),
    "GET /v1/prices": Row(lambda w: Call("/v1/prices")),
    "GET /v1/prices/{meter}": Row(lambda w: price(w, w.name("meter"))),
    "GET /v1/spend": Row(lambda w: Call("/v1/spend")),
    "GET /v1/subscriptions": Row(lambda w: Call("/v1/subscriptions")),
    "GET /v1/subscriptions/{id}": Row(lambda w: subscription(w)),
    "GET /v1/usage": Row(lambda w: Call("/v1/usage")),
    "PATCH /v1/account": Row(account, PLATFORM),
    "POST /v1/budgets": Row(lambda w: Call("/v1/budgets", {"name": w.name(), **MONEY})),
    "PATCH /v1/budgets/{id}": Row(lambda w: of("/v1/budgets", budget(w), json={"name": w.name()})),
    "DELETE /v1/budgets/{id}": Row(lambda w: of("/v1/budgets", budget(w))),
    "POST /v1/credits": Row(lambda w: Call("/v1/credits", {**MONEY, "reason": "r"}), PLATFORM),
    "POST /v1/discounts": Row(lambda w: Call("/v1/discounts", new_discount(w)), PLATFORM),
    "DELETE /v1/discounts/{id}": Row(lambda w: of("/v1/discounts", discount(w)), PLATFORM),
    "POST /v1/invoices": Row(lambda w: Call("/v1/invoices", day(w)), INTERNAL),
    "POST /v1/invoices/{id}/credit-notes": Row(noted, PLATFORM),
    "PUT /v1/prices/{meter}": Row(lambda w: price(w, w.name("meter")), PLATFORM),
    "POST /v1/subscriptions": Row(lambda w: Call("/v1/subscriptions", new_subscription()), PLATFORM),
    "POST /v1/subscriptions/{id}/change": Row(lambda w: subscription(w, "/change", NEXT_PLAN), PLATFORM),
    "POST /v1/subscriptions/{id}/end": Row(lambda w: subscription(w, "/end", {}), PLATFORM),
    "POST /v1/usage": Row(lambda w: Call("/v1/usage", use()), INTERNAL),
}


def hold(w: World) -> dict[str, Any]:
    return w.make("audit/v1/legal-holds", {"reason": w.name("case")})


def retention(w: World) -> Call:
    set_before = w.put("audit/v1/retention", {"days": 3_000})
    return Call("/v1/retention", {"days": 3_000 + w.number() % 600}, tag=set_before["etag"])


AUDIT: Table = {
    "GET /v1/checkpoint-key": Row(lambda w: Call("/v1/checkpoint-key")),
    "GET /v1/checkpoints": Row(lambda w: Call("/v1/checkpoints")),
    "GET /v1/export": Row(lambda w: Call("/v1/export")),
    "GET /v1/legal-holds": Row(lambda w: Call("/v1/legal-holds")),
    "POST /v1/legal-holds": Row(lambda w: Call("/v1/legal-holds", {"reason": w.name("case")})),
    "GET /v1/legal-holds/{id}": Row(lambda w: of("/v1/legal-holds", hold(w))),
    "DELETE /v1/legal-holds/{id}": Row(lambda w: of("/v1/legal-holds", hold(w))),
    "GET /v1/retention": Row(lambda w: Call("/v1/retention")),
    "PUT /v1/retention": Row(retention),
    "GET /v1/records": Row(lambda w: Call("/v1/records")),
    "GET /v1/records/{sequence}": Row(lambda w: Call("/v1/records/1"), elsewhere=(200, 404)),
    "POST /v1/verifications": Row(lambda w: Call("/v1/verifications"), "audit:read"),
}


def new_policy(w: World) -> dict[str, Any]:
    """One that is about nothing here."""
    nothing = {"actions": ["nothing"], "resource_types": ["nothing"]}
    return {"name": w.name("policy"), "effect": "deny", "enforcement": "dryrun", **nothing}


def policy(w: World) -> dict[str, Any]:
    return w.make("compliance/v1/policies", new_policy(w))


def new_exemption(w: World) -> dict[str, Any]:
    return {"policy_id": policy(w)["id"], "reason": "r", "expires_at": at(7_200)}


def exemption(w: World) -> dict[str, Any]:
    return w.make("compliance/v1/exemptions", new_exemption(w))


QUESTION = {"action": "create", "resource_type": "thing", "resource": {"id": "thing-1"}}
QUESTIONS = {"action": "create", "resource_type": "thing", "resources": [{"id": "thing-1"}, {"id": "thing-2"}]}


def result(w: World) -> Call:
    return of("/v1/results", w.make("compliance/v1/evaluations", QUESTION))


def score(w: World) -> Call:
    w.once("audit", lambda: w.make("compliance/v1/audits"))
    return Call("/v1/score")


COMPLIANCE: Table = {
    "GET /v1/audits": Row(lambda w: Call("/v1/audits")),
    "GET /v1/exemptions": Row(lambda w: Call("/v1/exemptions")),
    "GET /v1/exemptions/{id}": Row(lambda w: of("/v1/exemptions", exemption(w))),
    "GET /v1/resources": Row(lambda w: Call("/v1/resources")),
    "GET /v1/policies": Row(lambda w: Call("/v1/policies")),
    "GET /v1/policies/{id}": Row(lambda w: of("/v1/policies", policy(w))),
    "GET /v1/results": Row(lambda w: Call("/v1/results")),
    "GET /v1/results/{id}": Row(result),
    "GET /v1/score": Row(score),
    "POST /v1/audits": Row(lambda w: Call("/v1/audits")),
    "POST /v1/evaluations": Row(lambda w: Call("/v1/evaluations", QUESTION), "compliance:read"),
    "POST /v1/evaluations/batch": Row(lambda w: Call("/v1/evaluations/batch", QUESTIONS), "compliance:read"),
    "POST /v1/exemptions": Row(lambda w: Call("/v1/exemptions", new_exemption(w))),
    "DELETE /v1/exemptions/{id}": Row(lambda w: of("/v1/exemptions", exemption(w))),
    "POST /v1/policies": Row(lambda w: Call("/v1/policies", new_policy(w))),
    "PATCH /v1/policies/{id}": Row(lambda w: of("/v1/policies", policy(w), json={"priority": 1})),
    "DELETE /v1/policies/{id}": Row(lambda w: of("/v1/policies", policy(w))),
}
