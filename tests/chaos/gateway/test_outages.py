"""The gateway while services come and go."""

import itertools
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, random_address
from tests.support.instances import failing_instance
from tests.support.logs import request_lines
from tests.support.people import new_person
from tests.support.zones import ZONES

WHO = "/api/auth/v1/me"


@pytest.mark.services("tenants")
def test_a_dead_service_is_a_quick_clear_refusal_and_comes_back(tenant: Tenant, fleet: FleetControl) -> None:
    fleet.kill("tenants")
    started = time.monotonic()
    answer = tenant.api.get("/api/tenants/v1/projects")
    assert answer.status_code in (502, 503)
    assert answer.json()["code"] in ("bad_gateway", "service_unavailable")
    assert time.monotonic() - started < 5
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(lambda: tenant.api.get("/api/tenants/v1/projects").status_code == 200, timeout=15)


@pytest.mark.services("tenants", "auth")
def test_other_services_go_on_while_one_is_dead(tenant: Tenant, fleet: FleetControl) -> None:
    fleet.kill("tenants")
    assert tenant.api.get("/api/auth/v1/me").status_code == 200


def test_a_killed_gateway_routes_again_after_its_restart(tenant: Tenant, fleet: FleetControl) -> None:
    fleet.kill("gateway")
    fleet.start("gateway")
    fleet.wait_healthy("gateway")
    eventually(lambda: tenant.api.get("/api/auth/v1/me").status_code == 200, timeout=15)


@pytest.mark.services("tenants", "auth")
@pytest.mark.parametrize("how", ["dead", "hung"])
def test_without_redis_requests_go_on_and_guesses_are_counted(tenant: Tenant, fleet: FleetControl, how: str) -> None:
    (fleet.pause if how == "hung" else fleet.kill)("redis")
    started = time.monotonic()
    answers = [tenant.api.get("/api/tenants/v1/projects").status_code for _ in range(10)]
    assert answers == [200] * 10
    assert time.monotonic() - started < 10
    # Who balances load over gateways goes on sending requests to it, and its people see what is missing.
    eventually(lambda: Api(fleet.url).ok("GET", "/readyz", 200)["checks"]["redis"] != "ok")
    report = Api(fleet.url).ok("GET", "/readyz", 200)
    assert (report["status"], report["checks"]["consul"]) == ("ready", "ok")
    guesser = Api(fleet.url, headers={"X-Forwarded-For": random_address()})
    with ThreadPoolExecutor(16) as pool:  # One after the other they may take longer than they are counted for.
        guesses = list(pool.map(lambda _: guesser.get("/api/auth/v1/me").status_code, range(200)))
    assert set(guesses) == {401, 429}
    (fleet.resume if how == "hung" else fleet.start)("redis")
    fleet.wait_healthy("redis")
    assert tenant.api.get("/api/tenants/v1/projects").status_code == 200


def refused_and_logged(tenant: Tenant, fleet: FleetControl, path: str, *passed: str) -> None:
    """A request that ends with 503 is found in the logs of all that it passed, by trace and by correlation id.

    The gateway answers once, and may have asked another service more than once.
    """
    trace, sent = secrets.token_hex(16), f"find-{secrets.token_hex(8)}"
    headers = {"X-Correlation-Id": sent, "traceparent": f"00-{trace}-1234567890abcdef-01"}
    assert tenant.api.get(path, headers=headers).status_code == 503
    for name in passed:
        lines = eventually(lambda name=name: request_lines(fleet, name, sent))  # type: ignore[misc]
        told = {(line["method"], line["path"], line["status"], line["trace_id"], line["tenant_id"]) for line in lines}
        service_path = path if name == "gateway" else path.removeprefix(f"/api/{name}")
        assert told == {("GET", service_path, 503, trace, tenant.id)}
        assert all(line["milliseconds"] > 0 for line in lines)
        assert len(lines) == 1 or name != "gateway"


@pytest.mark.services("compute", "network")
@pytest.mark.timeout(120)
def test_a_request_that_finds_something_stopped_is_in_the_logs_of_all_that_it_passed(
    tenant: Tenant, fleet: FleetControl
) -> None:
    fleet.kill("infra-db")
    refused_and_logged(tenant, fleet, "/api/compute/v1/server-groups", "gateway", "compute")
    refused_and_logged(tenant, fleet, "/api/network/v1/vpcs", "gateway", "network")
    fleet.start("infra-db")
    fleet.wait_healthy("infra-db")
    fleet.stop("network")
    eventually(lambda: tenant.api.get("/api/network/v1/vpcs").status_code == 503)
    refused_and_logged(tenant, fleet, "/api/network/v1/vpcs", "gateway")


@pytest.mark.services("compute", "network")
def test_without_its_database_a_service_says_so_and_when_to_come_back(tenant: Tenant, fleet: FleetControl) -> None:
    paths = ["/api/compute/v1/server-groups", "/api/network/v1/vpcs"]
    bodies = [{"name": "web", "policy": "affinity"}, {"name": "main", "cidr": "10.0.0.0/16"}]
    fleet.kill("infra-db")
    for path, body in zip(paths, bodies, strict=True):
        for method in ("GET", "POST"):
            answer = tenant.api.request(method, path, json=body if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable"), answer.text
            assert int(answer.headers["retry-after"]) >= 1
    fleet.start("infra-db")
    fleet.wait_healthy("infra-db")
    for path in paths:
        eventually(lambda path=path: tenant.api.get(path).status_code == 200, timeout=30)  # type: ignore[misc]


@pytest.mark.services("dns")
def test_what_an_instance_cannot_do_another_one_is_asked_for_if_it_may_be_asked_twice(
    tenant: Tenant, fleet: FleetControl
) -> None:
    # Given two instances of a service that take turns, one of which answers everything with 503
    numbers = itertools.count()
    with failing_instance(fleet, "dns") as failing:

        def statuses(method: str, *, keyed: bool = False) -> list[int]:
            """The answers to requests until the failing instance was asked once more."""
            answers: list[int] = []
            before = len(failing.requests)
            while len(failing.requests) == before:
                name = f"zone-{next(numbers)}.example"
                headers = {"Idempotency-Key": f"{name}-{tenant.id}"} if keyed else {}
                body = {"name": name} if method == "POST" else None
                answers.append(tenant.api.request(method, ZONES, json=body, headers=headers).status_code)
                assert len(answers) < 100, "the gateway doesn't know the failing instance"
            return answers

        # When something is read, then the other one reads it
        assert set(statuses("GET")) == {200}
        # When something is changed that must not be changed twice, then the failure is the caller's to know
        plain = statuses("POST")
        assert plain == [201] * (len(plain) - 1) + [503]
        # When it may be changed twice with one effect, then the other one changes it
        keyed = statuses("POST", keyed=True)
        assert set(keyed) == {201}
        assert len(list(tenant.api.items(ZONES))) == [*plain, *keyed].count(201)


@pytest.mark.services("auth", "tenants")
def test_a_gateway_that_starts_again_knows_who_may_not_act_any_more(tenant: Tenant, fleet: FleetControl) -> None:
    person = new_person(tenant, "tenant-admin")
    ended, going_on = person.log_in(), person.api()
    before = Api(fleet.url, ended["access_token"])
    person.anonymous.ok("POST", "/api/auth/v1/tokens/revoke", 204, json={"refresh_token": ended["refresh_token"]})
    eventually(lambda: before.get(WHO).status_code == 401, timeout=5)
    fleet.kill("gateway")
    fleet.start("gateway")
    fleet.wait_healthy("gateway")
    eventually(lambda: going_on.get(WHO).status_code == 200, timeout=15)
    # Before it serves it waits for what was told earlier, and on a busy machine not until it has heard all of it.
    eventually(lambda: before.get(WHO).json().get("code") == "access_revoked", timeout=15)


@pytest.mark.services("auth", "tenants")
def test_what_ends_while_the_bus_is_away_is_over_when_it_is_back(tenant: Tenant, fleet: FleetControl) -> None:
    person = new_person(tenant, "tenant-admin")
    tokens = person.log_in()
    api = Api(fleet.url, tokens["access_token"])
    fleet.kafka_down()
    # What goes on is answered as before; who has logged out gets nothing new, and goes on until the bus is back.
    assert api.get(WHO).status_code == 200
    person.anonymous.ok("POST", "/api/auth/v1/tokens/revoke", 204, json={"refresh_token": tokens["refresh_token"]})
    assert person.refresh(tokens["refresh_token"]).status_code == 401
    fleet.kafka_up()
    eventually(lambda: api.get(WHO).status_code == 401, timeout=15)
    api.refused("GET", WHO, 401, "access_revoked")


@pytest.mark.services("auth", "tenants")
def test_a_gateway_that_starts_while_the_bus_is_away_serves_and_hears_later(
    tenant: Tenant, fleet: FleetControl
) -> None:
    person = new_person(tenant, "tenant-admin")
    api = person.api()
    fleet.kafka_down()
    tenant.operator.ok("DELETE", f"/api/auth/v1/users/{person.id}", 204)
    fleet.kill("gateway")
    fleet.start("gateway")
    fleet.wait_healthy("gateway")
    eventually(lambda: tenant.api.get(WHO).status_code == 200, timeout=15)
    fleet.kafka_up()
    eventually(lambda: api.get(WHO).status_code == 401, timeout=15)


@pytest.mark.services("auth", "tenants")
def test_events_that_come_again_and_late_change_nothing(tenant: Tenant, fleet: FleetControl, bus: Bus) -> None:
    # Given a tenant that was suspended and resumed, and somebody who was heard to be logged out by it
    person = new_person(tenant)
    before = person.api()
    path = f"/api/tenants/v1/tenants/{tenant.id}"
    for action in ("suspend", "resume"):
        tenant.operator.ok("POST", f"{path}/{action}")
    told = bus.of_subject("tenants.events", tenant.id, count=3)
    suspended = next(event for event in told if event["type"].endswith("suspended"))
    eventually(lambda: before.get(WHO).json().get("code") == "access_revoked")
    api = person.api()
    # When the suspension is told again
    bus.send("tenants.events", suspended)
    # And something that came after it has been heard, then the gateway has heard it, too
    tenant.operator.ok("PATCH", path, json={"name": f"{tenant.name} again"})
    bus.of_subject("tenants.events", tenant.id, count=5)
    eventually(lambda: api.get(WHO).status_code == 200, timeout=5)
    assert [api.get(WHO).status_code for _ in range(5)] == [200] * 5


@pytest.mark.services("auth", "tenants")
@pytest.mark.parametrize(
    "change",
    [{"time": "0001-01-01T00:00:00+23:00"}, {"data": {"at": [None]}}, {"type": "tenants.tenant.suspended", "data": 7}],
    ids=["before all time", "data of another shape", "no data"],
)
def test_an_event_that_nobody_can_read_keeps_none_of_those_after_it_from_the_gateway(
    tenant: Tenant, other_tenant: Tenant, bus: Bus, change: dict[str, Any]
) -> None:
    # Given a suspension, told once more in a form that no service would write
    other_tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{other_tenant.id}/suspend")
    told = bus.of_subject("tenants.events", other_tenant.id, count=2)
    suspended = next(event for event in told if event["type"].endswith("suspended"))
    for number in range(5):
        bus.send("tenants.events", {**suspended, **change, "id": f"{suspended['id']}-{number}"})
    # When somebody is logged out after that, by a suspension that is over, Then the gateway has heard it
    api = new_person(tenant, "tenant-admin").api()
    assert api.get(WHO).status_code == 200
    for action in ("suspend", "resume"):
        tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/{action}")
    eventually(lambda: api.get(WHO).json().get("code") == "access_revoked", timeout=15)


@pytest.mark.services("dns", "tenants")
@pytest.mark.timeout(120)
def test_a_dead_service_and_a_silent_registry_hold_nobody_else_up(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("GET", "/api/tenants/v1/projects")
    fleet.kill("dns")
    # Out of routing: there is no instance that could be tried.
    eventually(lambda: tenant.api.get(ZONES).json()["code"] == "service_unavailable", timeout=30)
    asking = [Api(fleet.url, tenant.api.token) for _ in range(4)]
    with fleet.paused("consul"), ThreadPoolExecutor(len(asking)) as threads:
        refused = [threads.submit(api.get, ZONES) for api in asking]
        began = time.monotonic()
        answers = [tenant.api.get("/api/tenants/v1/projects").status_code for _ in range(5)]
        assert answers == [200] * 5
        assert time.monotonic() - began < 5
        assert {each.result().status_code for each in refused} == {503}
    fleet.start("dns")
    fleet.wait_healthy("dns")
    eventually(lambda: tenant.api.get(ZONES).status_code == 200, timeout=30)


@pytest.mark.services("auth", "tenants")
@pytest.mark.parametrize("seconds", [1800, -1800])
def test_tokens_of_a_stepped_clock_are_good_at_the_gateway(tenant: Tenant, fleet: FleetControl, seconds: int) -> None:
    """Who gives tokens and who reads them go by one clock."""
    person = new_person(tenant, "tenant-admin")
    fleet.step_clock(seconds)
    eventually(lambda: person.api().get(WHO).status_code == 200, timeout=5)
    api = person.api()
    assert [api.get(WHO).status_code for _ in range(5)] == [200] * 5
    fleet.step_clock(0)
    eventually(lambda: person.api().get(WHO).status_code == 200, timeout=5)
