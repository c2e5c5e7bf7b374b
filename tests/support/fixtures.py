"""Fixtures for tests against a live fleet: identities, event bus, addresses. Everything is made anew for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import OperatorSession, Tenant, create_tenant, random_address
from tests.support.metering import midnight_after

HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture(scope="session")
def operator_session(fleet: FleetControl) -> OperatorSession:
    """The platform operator's log-in, shared by all tests."""
    return OperatorSession(fleet.url)


@pytest.fixture
def operator(operator_session: OperatorSession) -> Api:
    """The platform operator."""
    return operator_session.api()


@pytest.fixture
def tenant(operator: Api) -> Tenant:
    """A fresh tenant with its administrator."""
    return create_tenant(operator)


@pytest.fixture
def other_tenant(operator: Api) -> Tenant:
    """Another fresh tenant."""
    return create_tenant(operator)


@pytest.fixture
def member(tenant: Tenant) -> Api:
    """A user of the tenant who may use resources."""
    return tenant.user("member")


@pytest.fixture
def viewer(tenant: Tenant) -> Api:
    """A user of the tenant who may only look."""
    return tenant.user("viewer")


@pytest.fixture
def anonymous(fleet: FleetControl) -> Iterator[Api]:
    """Nobody, from a client address of its own."""
    api = Api(fleet.url, headers={"X-Forwarded-For": random_address()})
    yield api
    api.close()


@pytest.fixture
def bus(fleet: FleetControl) -> Bus:
    """The event bus."""
    host, port = fleet.address("kafka:9092")
    return Bus(f"{host}:{port}")


@pytest.fixture
def same_day() -> None:
    """No UTC midnight comes in the next half a minute: usage is cut there, and would be told in two pieces."""
    eventually(lambda: midnight_after(clock.now()) - clock.now() > HALF_A_MINUTE, timeout=35)
