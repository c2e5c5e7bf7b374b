"""Every mutating operation × what may become of an `Idempotency-Key`, and who asks again.

While the first request runs: 409. After a failure, a 5xx at the last moment included: tried again. The same request:
the same answer, and one effect. Another request: 422. By somebody else: 422, or 403 for who may not; by the same caller
who may not any more: 403. (Stripe's semantics; the IETF's draft "The Idempotency-Key HTTP Header Field" for 409.)
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.calls import CALLS
from tests.support.calls.sending import Sending, connect, effects, is_mutating, needs_of, rightful, send
from tests.support.calls.world import INTERNAL, PASSED_OVER, PLATFORM, REFUSED, REPEATED, Call, Row, World
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, random_address
from tests.support.people import Person, new_person

pytestmark = pytest.mark.services(*CALLS)

SIDE_BY_SIDE = 8
SAME = ("content-type", "etag", "location")
DRILL = """
CREATE OR REPLACE FUNCTION refuse_to_save() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'a drill' USING ERRCODE = '57P03'; END $$;
CREATE TRIGGER drill BEFORE UPDATE ON idempotency_keys FOR EACH ROW
WHEN (NEW.key LIKE 'client/{run}%') EXECUTE FUNCTION refuse_to_save();
"""
"""The database goes away, for these keys, when all the work of the request is done."""


@dataclass
class Order:
    """A call under a key, and its answers by what was tried."""

    operation: str
    row: Row
    call: Call
    key: str
    tenant: str
    answers: dict[str, httpx.Response] = field(default_factory=dict)


@dataclass
class Trial:
    """All mutating operations of a service, each with a call of its own."""

    service: str
    world: World
    person: Person
    run: str
    orders: list[Order]
    by: Api

    def of_the_tenant(self) -> list[Order]:
        """Those of one caller: when two meet a failure the gateway's breaker opens."""
        return [order for order in self.orders if order.tenant == self.world.tenant.id]

    def ask(self, phase: str, api: Api | None = None, orders: list[Order] | None = None) -> None:
        """Send every call, several side by side."""

        def one(pair: tuple[int, Order]) -> None:
            place, order = pair
            who = api or rightful(self.world, order.row, self.by)
            how = Sending(order.key, correlation=f"{self.run}-{phase}-{place}")
            order.answers[phase] = send(who, self.service, order.operation, order.call, how)

        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            list(threads.map(one, enumerate(self.orders if orders is None else orders)))

    def check(self, phase: str, status: int | None, code: str | None = None) -> list[str]:
        """What differs from a refusal with the status and code; from a success without them."""
        wrong = []
        for order in self.orders:
            if phase not in order.answers:
                continue
            answer = order.answers[phase]
            good = answer.is_success if status is None else answer.status_code == status
            if not good or (code is not None and answer.json().get("code") != code) or replayed(answer):
                wrong.append(f"{phase}: {order.operation} answered {answer.status_code}: {answer.text[:200]}")
        return wrong


def replayed(answer: httpx.Response) -> bool:
    return answer.headers.get("idempotency-replayed") == "true"


def repeatable(service: str) -> dict[str, Row]:
    return {name: row for name, row in CALLS[service].items() if is_mutating(name) and row.key == REPEATED}


def trial_of(operator: Api, service: str) -> Trial:
    world, run = World(operator), f"trial-{secrets.token_hex(6)}"
    person = new_person(world.tenant, "tenant-admin")
    orders = []
    for place, (operation, row) in enumerate(repeatable(service).items()):
        call = row.make(world)
        tenant = call.headers.get("X-Tenant-Id", world.tenant.id)
        orders.append(Order(operation, row, call, f"{run}-{place}", tenant))
    return Trial(service, world, person, run, orders, person.api())


@contextmanager
def being_answered(fleet: FleetControl, trial: Trial) -> Iterator[None]:
    """Each key is held by a request that doesn't end, for the length of a block."""
    connection = connect(fleet, trial.service)
    try:
        with connection.cursor() as cursor:
            for order in trial.orders:
                cursor.execute(
                    "INSERT INTO idempotency_keys (tenant_id, key, fingerprint) VALUES (%s, %s, 'of another request')",
                    (order.tenant, f"client/{order.key}"),
                )
        yield
    finally:
        connection.rollback()
        connection.close()


@contextmanager
def failing_at_the_end(fleet: FleetControl, trial: Trial) -> Iterator[None]:
    """No answer can be saved under the trial's keys for the length of a block."""
    connection = connect(fleet, trial.service)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(DRILL.format(run=trial.run))
            try:
                yield
            finally:
                cursor.execute("DROP TRIGGER drill ON idempotency_keys; DROP FUNCTION refuse_to_save()")
    finally:
        connection.close()


def assert_same(trial: Trial) -> list[str]:
    wrong = []
    for order in trial.orders:
        first, again = order.answers["first"], order.answers["again"]
        same = (first.status_code, first.content) == (again.status_code, again.content)
        headers = all(first.headers.get(name) == again.headers.get(name) for name in SAME)
        if not same or not headers or not replayed(again):
            wrong.append(f"again: {order.operation}: {first.status_code} {first.text[:150]} -> {again.text[:150]}")
    return wrong


def ask_for_something_else(trial: Trial) -> None:
    """The same keys with other requests: the query counts, where there is no body to change."""
    for order in trial.orders:
        who, how = rightful(trial.world, order.row, trial.by), Sending(order.key, correlation=f"{trial.run}-other")
        params = {**order.call.params, "another": "request"}
        order.answers["other"] = send(who, trial.service, order.operation, order.call, how, params=params)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", [service for service in CALLS if repeatable(service)])
def test_a_key_means_one_effect_and_one_answer_for_who_may_have_it(
    operator: Api, fleet: FleetControl, bus: Bus, service: str
) -> None:
    trial = trial_of(operator, service)
    wrong = []
    with being_answered(fleet, trial):
        trial.ask("running")
    wrong += trial.check("running", 409, "idempotency_key_in_use")
    with failing_at_the_end(fleet, trial):
        trial.ask("failing", orders=trial.of_the_tenant())
    wrong += trial.check("failing", 503, "database_unavailable")
    trial.ask("first")
    wrong += trial.check("first", None)
    trial.ask("again")
    wrong += assert_same(trial)
    ask_for_something_else(trial)
    wrong += trial.check("other", 422, "idempotency_key_reused")
    assert not wrong, "\n".join(wrong)
    wrong = ask_as_others(trial)
    assert not wrong, "\n".join(wrong)
    assert_one_effect(bus, trial)


def ask_as_others(trial: Trial) -> list[str]:
    """Who may never, who may and is another, who may no more: none of them gets the answer."""
    wrong, tenant = [], trial.world.tenant
    lower, other = tenant.user("viewer"), tenant.user("tenant-admin")
    for phase, api in (("lower", lower), ("other caller", other)):
        trial.ask(phase, api)
    for order in trial.orders:
        needs = needs_of(trial.service, order.operation, order.row)
        above = needs in (PLATFORM, INTERNAL)
        # A tenant's own people can't name the platform's tenant.
        # Whether a role may be granted is found out from the request, which isn't the one that the key stands for.
        unsaid = "/grants" in order.operation
        denied: set[int] = {422} if needs.endswith(":read") else {403, 422} if unsaid else {403}
        expected: dict[str, set[int]] = {"lower": denied, "other caller": {403} if above else {422}}
        for phase, statuses in expected.items():
            answer = order.answers[phase]
            if answer.status_code not in statuses or replayed(answer):
                wrong.append(f"{phase}: {order.operation} answered {answer.status_code}: {answer.text[:200]}")
    lose_every_role(tenant, trial.person)
    eventually(lambda: trial.by.get("/api/auth/v1/users").status_code in (401, 403))
    trial.by = trial.person.api()
    trial.ask("no more", trial.by)
    return wrong + trial.check("no more", 403)


def lose_every_role(tenant: Tenant, person: Person) -> None:
    for grant in list(tenant.api.items("/api/auth/v1/grants", subject=person.id)):
        tenant.api.ok("DELETE", f"/api/auth/v1/grants/{grant['id']}", 204)


def assert_one_effect(bus: Bus, trial: Trial) -> None:
    """All events come from the one attempt that was carried out, or from that whose note was completed.

    The audit service tells nothing itself.
    """
    if trial.service == "audit":
        return
    first = f"{trial.run}-first-"
    completed = {f"{trial.run}-failing-{place}" for place, order in enumerate(trial.orders) if order.row.noted}

    def seen() -> list[str]:
        found = sorted(effects(bus, trial.service, trial.run))
        assert any(each.startswith(first) for each in found)
        return [each for each in found if not each.startswith(first) and each not in completed]

    assert eventually(lambda: (seen(),))[0] == []


@pytest.mark.parametrize("service", ["auth", "secrets", "storage"])
def test_an_answer_that_holds_a_secret_is_not_kept(operator: Api, service: str) -> None:
    world = World(operator)
    for operation, row in CALLS[service].items():
        if row.key == REFUSED:
            answer = send(world.api, service, operation, row.make(world), Sending(secrets.token_hex(8)))
            assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_not_supported"), operation


def test_a_key_of_nobody_is_passed_over(tenant: Tenant) -> None:
    """Without a caller there is nobody whose answer could be kept: both of two log-ins are looked at."""
    person = new_person(tenant, "viewer")
    nobody = Api(tenant.api.url, headers={"X-Forwarded-For": random_address(), "Idempotency-Key": "log-in"})
    body = {"tenant_id": tenant.id, "email": person.email, "password": person.password}
    first, second = (nobody.ok("POST", "/api/auth/v1/tokens", 200, json=body) for _ in range(2))
    assert first["access_token"] != second["access_token"]
    for token in (first["refresh_token"], second["refresh_token"]):
        nobody.ok("POST", "/api/auth/v1/tokens/revoke", 204, json={"refresh_token": token})
    assert [name for name, row in CALLS["auth"].items() if row.key == PASSED_OVER] == [
        "POST /v1/tokens",
        "POST /v1/tokens/revoke",
    ]


def test_who_lost_a_project_gets_no_saved_answer_about_it(tenant: Tenant) -> None:
    shop, other = (
        tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": name})["id"] for name in ("Shop", "Other")
    )
    person = new_person(tenant, "tenant-admin", scope=f"project:{shop}")
    grant = {"subject": person.id, "role": "tenant-admin", "scope": f"project:{other}"}
    tenant.api.ok("POST", "/api/auth/v1/grants", 201, json=grant)
    projects, key = "/api/tenants/v1/projects", {"Idempotency-Key": "made-once"}
    body, renamed = {"name": "Inside", "parent_id": shop}, {"name": "Shop 2"}
    first = person.api()
    made = first.ok("POST", projects, 201, json=body, headers=key)
    first.ok("PATCH", f"{projects}/{shop}", 200, json=renamed, headers={"Idempotency-Key": "renamed-once"})
    assert first.ok("POST", projects, 201, json=body, headers=key) == made
    # When the role in the one project ends
    [grant_id] = [
        each["id"]
        for each in tenant.api.items("/api/auth/v1/grants", subject=person.id)
        if each["scope"] == f"project:{shop}"
    ]
    tenant.api.ok("DELETE", f"/api/auth/v1/grants/{grant_id}", 204)
    # Then the one in the other doesn't bring back what was answered
    later = person.api()
    later.refused("POST", projects, 403, "forbidden", json=body, headers=key)
    later.refused(
        "PATCH", f"{projects}/{shop}", 403, "forbidden", json=renamed, headers={"Idempotency-Key": "renamed-once"}
    )


def test_who_is_kept_from_a_path_gets_no_saved_answer_about_it(tenant: Tenant) -> None:
    person = new_person(tenant, "member")
    api, path, key = person.api(), "/api/secrets/v1/secrets/app/db", {"Idempotency-Key": "written-once"}
    body = {"data": {"password": "first"}}
    first = api.ok("PUT", path, 200, json=body, headers=key)
    assert api.ok("PUT", path, 200, json=body, headers=key) == first
    policy = {"pattern": "app/*", "subjects": ["somebody-else"], "capabilities": ["write"]}
    tenant.api.ok("POST", "/api/secrets/v1/path-policies", 201, json=policy)
    api.refused("PUT", path, 403, "path_forbidden", json=body, headers=key)
