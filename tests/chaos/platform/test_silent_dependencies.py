"""A dependency that keeps its connections and says nothing: stopped, or behind a network that drops everything.

Every request is answered within its fifteen seconds, by what can be done without the dependency or by 503 and when to
come back; and everything is answered again once the dependency goes on, without a restart of anything.
"""

import pytest

from tests.support.asking import OTHERS, READS, SERVICES, Call, all_told, prepared
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

MANY = 30
"""More than a service has threads."""
SILENT = (
    "infra-db", "tenants-db", "billing-db", "audit-db", "redis", "consul", "etcd", "vault", "minio", "tenants", "auth",
)  # fmt: skip


@pytest.mark.services(*SERVICES)
@pytest.mark.timeout(180)
@pytest.mark.parametrize("silent", SILENT)
def test_whoever_asks_is_answered_in_time_and_as_before_when_it_speaks_again(
    tenant: Tenant, fleet: FleetControl, silent: str
) -> None:
    prepared(tenant)
    with fleet.paused(silent):
        # Twice: before anybody knows, and when those who asked do.
        wrong = [all_told(tenant.api, READS + OTHERS) for _ in range(2)]
        assert wrong == [[], []], "\n".join(line for lines in wrong for line in lines)
    for _, path, _ in READS:
        eventually(lambda path=path: tenant.api.ok("GET", path) is not None, timeout=20)  # type: ignore[misc]


@pytest.mark.services("network", "compute")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("path", ["/api/network/v1/vpcs", "/api/compute/v1/server-groups"])
def test_more_requests_than_threads_are_all_answered_while_the_database_is_silent(
    tenant: Tenant, fleet: FleetControl, path: str
) -> None:
    calls: tuple[Call, ...] = (("GET", path, {}),) * MANY
    with fleet.paused("infra-db"):
        assert all_told(tenant.api, calls) == []
    eventually(lambda: tenant.api.get(path).is_success, timeout=20)


@pytest.mark.services("storage", "dns", "network", "compute")
@pytest.mark.timeout(180)
def test_what_has_just_started_waits_once_for_a_silent_registry(tenant: Tenant, fleet: FleetControl) -> None:
    # Given services that never asked the registry where others are
    prepared(tenant)
    restarted = ("storage", "dns", "network", "compute")
    for service in restarted:
        fleet.kill(service)
    for service in restarted:
        fleet.start(service)
    for service in restarted:
        fleet.wait_healthy(service)
    for _, path, _ in READS:
        eventually(lambda path=path: tenant.api.get(path).status_code < 500, timeout=20)  # type: ignore[misc]
    calls = tuple(call for call in OTHERS if call[0] == "POST" and call[1].split("/")[2] in restarted)
    # When it falls silent, then those that need several of them are told so in time
    with fleet.paused("consul"):
        assert all_told(tenant.api, calls) == []
    # And when it speaks again, so do they
    for method, path, options in calls:
        eventually(
            lambda method=method, path=path, options=options: tenant.api.request(method, path, **options).is_success,  # type: ignore[misc]
            timeout=20,
        )
