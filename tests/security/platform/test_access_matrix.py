"""Every operation × everybody who may not: the right status, and nothing happened.

The operations come from the services' OpenAPI documents; `tests.support.calls` says how to make a valid call of each
and what it needs.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.calls import CALLS
from tests.support.calls.sending import Sending, effects, is_mutating, needs_of, rightful, send
from tests.support.calls.world import CALLER, INTERNAL, PLATFORM, PUBLIC, Call, Row, World
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import OperatorSession, Tenant, create_tenant, random_address
from tests.support.operations import operations_of
from tests.support.people import new_person

pytestmark = pytest.mark.services(*CALLS)

LIFETIME_SECONDS = 900
"""Of an access token (docs: 15 minutes)."""
WRITTEN_BY_MEMBERS = frozenset(
    {"compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy", "monitor"}
)
READ, WRITTEN = ({f"{service}:{verb}" for service in CALLS} for verb in ("read", "write"))
ROLES: Mapping[str, frozenset[str]] = {
    "viewer": frozenset(READ - {"secrets:read"}),
    "member": frozenset(READ | {f"{service}:write" for service in WRITTEN_BY_MEMBERS}),
    "billing-admin": frozenset({"billing:read", "billing:write", "tenants:read"}),
    "auditor": frozenset({"audit:read", "compliance:read", "tenants:read"}),
}
"""What each role may do, as the documentation says it: the code isn't asked."""
EVERYBODY = frozenset({PUBLIC, CALLER})
ID = re.compile(r"^[a-z]+-[0-9a-f]{32}$")
MARKERS = {
    "auth": "POST /v1/service-accounts", "tenants": "POST /v1/projects", "compute": "POST /v1/server-groups",
    "network": "POST /v1/acls", "storage": "POST /v1/buckets", "dns": "POST /v1/zones",
    "loadbalancer": "POST /v1/pools", "secrets": "POST /v1/lease-tokens", "config": "PUT /v1/flags/{name}",
    "deploy": "POST /v1/environments", "monitor": "POST /v1/silences", "billing": "POST /v1/budgets",
    "compliance": "POST /v1/policies",
}  # fmt: skip
"""A change of each service, whose event shows that those before it have come."""


@dataclass
class Cast:
    """A tenant with its things, and callers who may not have them."""

    world: World
    stranger: Tenant
    suspended: Tenant
    people: dict[str, Api]
    expired: Api | None
    disabled: Api
    calls: dict[tuple[str, str], Call] = field(default_factory=dict)

    def call(self, service: str, operation: str) -> Call:
        """A valid call, made once: nobody here gets through with it."""
        key = (service, operation)
        if key not in self.calls:
            self.calls[key] = CALLS[service][operation].make(self.world)
        return self.calls[key]


def expired_token(fleet: FleetControl, tenant: Tenant) -> Api | None:
    """An administrator with a token from longer ago than tokens are good for; None where time can't be stepped."""
    if not fleet.can_be_asked:
        return None
    person = new_person(tenant, "tenant-admin")
    fleet.step_clock(-LIFETIME_SECONDS - 300)
    try:
        return person.api()
    finally:
        fleet.step_clock(0)


@pytest.fixture(scope="module")
def cast(fleet: FleetControl, operator_session: OperatorSession) -> Cast:
    operator = operator_session.api()
    world = World(operator)
    tenant, stranger, suspended = world.tenant, create_tenant(operator), create_tenant(operator)
    gone, expired = new_person(tenant, "tenant-admin"), expired_token(fleet, tenant)
    disabled = gone.api()
    project = world.make("tenants/v1/projects", {"name": "Another"})
    people = {role: tenant.user(role) for role in ROLES}
    people["none"] = tenant.user()
    people["project"] = tenant.user("tenant-admin", scope=f"project:{project['id']}")
    tenant.api.ok("DELETE", f"/api/auth/v1/users/{gone.id}", 204)
    suspended.operator.ok("POST", f"/api/tenants/v1/tenants/{suspended.id}/suspend")
    for api, status in ((disabled, 401), (suspended.api, 403)):
        eventually(lambda api=api, status=status: api.get("/api/auth/v1/me").status_code == status)  # type: ignore[misc]
    return Cast(world, stranger, suspended, people, expired, disabled)


@pytest.mark.parametrize("service", CALLS)
def test_the_table_has_every_operation_that_the_service_promises(tenant: Tenant, service: str) -> None:
    document = tenant.api.ok("GET", f"/api/{service}/openapi.json", 200)
    promised = {operation.name for operation in operations_of(service, document)}
    assert set(CALLS[service]) == promised, "tell in tests/support/calls how to make a valid call of each operation"


def names_something(call: Call) -> bool:
    """Whether the call's body or query names a thing of the tenant by its id."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for inner in value.values():
                yield from texts(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)
        elif isinstance(value, str):
            yield value

    return any(ID.fullmatch(text) for text in texts([call.json, dict(call.params)]))


def cells(cast: Cast, service: str, operation: str, row: Row) -> Iterator[tuple[str, Api, Sending, tuple[int, ...]]]:
    """Who calls, with what, and the statuses that are right for them."""
    needs, call = needs_of(service, operation, row), cast.call(service, operation)
    if needs == PUBLIC:
        return
    nobody = Api(cast.world.api.url, headers={"X-Forwarded-For": random_address()})
    yield "nobody", nobody, Sending(), (401,)
    if cast.expired is not None:
        yield "expired", cast.expired, Sending(), (401,)
    yield "disabled", cast.disabled, Sending(), (401,)
    yield "suspended", cast.suspended.api, Sending(), (403,)
    yield "other tenant", cast.stranger.api, Sending(tenant=cast.world.tenant.id), (403,)
    if needs in (PLATFORM, INTERNAL):
        yield "other tenant's own", cast.stranger.api, Sending(), (403,)
        yield "administrator", cast.world.api, Sending(tenant=cast.world.tenant.id), (403,)
    elif row.elsewhere and "{" in operation:
        yield "other tenant's own", cast.stranger.api, Sending(), row.elsewhere
    elif is_mutating(operation) and names_something(call):
        yield "other tenant's own", cast.stranger.api, Sending(), (404, 422)
    if needs in EVERYBODY:
        return
    for role, permissions in ROLES.items():
        if needs not in permissions:
            yield role, cast.people[role], Sending(), (403,)
    yield "none", cast.people["none"], Sending(), (403,)
    yield "project", cast.people["project"], Sending(), (row.in_projects or 403,)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("service", CALLS)
def test_who_may_not_is_refused_by_every_operation_and_nothing_happens(cast: Cast, bus: Bus, service: str) -> None:
    run = f"access-{secrets.token_hex(6)}"
    wrong, leaks, sent, allowed = [], [], 0, set()
    for operation, row in CALLS[service].items():
        call = cast.call(service, operation)
        for who, api, how, expected in cells(cast, service, operation, row):
            sent += 1
            correlation = f"{run}-{sent}"
            headers = {**how.headers(), "X-Correlation-Id": correlation}
            # What the operator names of the platform's is no business of these callers.
            bare = Call(call.target, call.json, call.content, call.params)
            answer = send(api, service, operation, bare, how, headers=headers)
            if answer.status_code not in expected:
                wrong.append(f"{who}: {operation} answered {answer.status_code}, not {expected}: {answer.text[:200]}")
            if answer.status_code < 400:
                allowed.add(correlation)
                if who != "project" and cast.world.tenant.id in answer.text:
                    leaks.append(f"{who}: {operation} tells {answer.text[:200]}")
    assert not wrong, f"{len(wrong)} of {sent} cells:\n" + "\n".join(wrong)
    assert not leaks, "\n".join(leaks)
    assert sent >= 5 * len([row for row in CALLS[service].values() if row.needs != PUBLIC])
    assert_nothing_happened(cast.world, bus, service, run, allowed)


def assert_nothing_happened(world: World, bus: Bus, service: str, run: str, allowed: set[str]) -> None:
    """No refused request led to an event, by the time at which a later change's has come."""
    if service not in MARKERS:
        return
    row, operation, marker = CALLS[service][MARKERS[service]], MARKERS[service], f"{run}-marker"
    answer = send(rightful(world, row), service, operation, row.make(world), Sending(correlation=marker))
    assert answer.is_success, answer.text

    def seen() -> dict[str, int]:
        found = effects(bus, service, run)
        assert marker in found
        return dict(found)

    caused = set(eventually(seen)) - {marker} - allowed
    assert caused == set()


@pytest.mark.parametrize("service", CALLS)
def test_who_may_look_is_answered_by_every_operation_that_shows_something(cast: Cast, service: str) -> None:
    wrong = []
    for operation, row in CALLS[service].items():
        if is_mutating(operation):
            continue
        call, needs = cast.call(service, operation), needs_of(service, operation, row)
        who = [rightful(cast.world, row), *(cast.people[role] for role in ROLES if needs in ROLES[role])]
        for api in who[: 1 if operation.endswith("/credentials") else None]:  # They are for who asked for the lease.
            answer = send(api, service, operation, call, Sending())
            if answer.status_code != 200:
                wrong.append(f"{operation} answered {answer.status_code}: {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def test_a_token_is_good_for_as_long_as_the_matrix_takes_it_to_be(tenant: Tenant) -> None:
    tokens = new_person(tenant, "viewer").log_in()
    assert (tokens["expires_in"], clock.stepped) == (LIFETIME_SECONDS, 0)
