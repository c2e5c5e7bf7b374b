"""The trail has no gap and no double, whatever dies."""

import pytest

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import sessions_at_locks


def projects_in(tenant: Tenant) -> list[str]:
    records = tenant.api.items("/api/audit/v1/records", type="tenants.project.created")
    return sorted(record["data"]["name"] for record in records)


def test_events_published_while_audit_is_dead_arrive_once(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "p-0"})
    eventually(lambda: projects_in(tenant) == ["p-0"])
    fleet.kill("audit")
    for number in (1, 2, 3):
        tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": f"p-{number}"})
    fleet.start("audit")
    fleet.wait_healthy("audit")
    eventually(lambda: len(projects_in(tenant)) >= 4, timeout=20)
    assert projects_in(tenant) == ["p-0", "p-1", "p-2", "p-3"]
    assert tenant.api.ok("POST", "/api/audit/v1/verifications")["valid"] is True


@pytest.mark.services("tenants")
def test_what_is_done_while_the_bus_is_down_is_recorded_when_it_is_back(tenant: Tenant, fleet: FleetControl) -> None:
    fleet.kafka_down()
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "dark"})
    fleet.kafka_up()
    eventually(lambda: projects_in(tenant) == ["dark"], timeout=20)
    assert tenant.api.ok("POST", "/api/audit/v1/verifications")["valid"] is True


def numbers(tenant: Tenant, source: str) -> list[int]:
    """Which of a source's events the trail has, in the order in which they came."""
    records = tenant.api.items("/api/audit/v1/records")
    return [record["source_sequence"] for record in records if record["source"] == source]


@pytest.mark.services("tenants")
@pytest.mark.timeout(180)
def test_a_source_that_dies_and_a_bus_that_was_down_leave_no_gap_in_its_numbers(
    tenant: Tenant, fleet: FleetControl
) -> None:
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "p-0"})
    fleet.kafka_down()
    for number in (1, 2, 3):
        tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": f"p-{number}"})
    fleet.kill("tenants")
    fleet.kafka_up()
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(lambda: projects_in(tenant) == ["p-0", "p-1", "p-2", "p-3"], timeout=60)

    def without_a_gap() -> bool:
        found = sorted(numbers(tenant, "omnicloud/tenants"))
        # The projects may be in the trail before what else was said about the tenant: each in a partition of its own
        assert found == list(range(1, len(found) + 1))
        return len(found) >= 4

    eventually(without_a_gap, timeout=20)
    answer = eventually(
        lambda: (said := tenant.api.ok("POST", "/api/audit/v1/verifications"))["complete"] and said, timeout=20
    )
    assert (answer["valid"], answer["gaps"]) == (True, [])


@pytest.mark.parametrize(("away", "path"), [("infra-db", "export"), ("minio", "checkpoints")])
def test_what_can_not_be_read_at_all_is_refused_like_everything_else(
    tenant: Tenant, fleet: FleetControl, away: str, path: str
) -> None:
    eventually(lambda: tenant.api.get("/api/audit/v1/checkpoints").content, timeout=20)
    fleet.kill(away)
    answer = tenant.api.get(f"/api/audit/v1/{path}")
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert int(answer.headers["retry-after"]) >= 1
    fleet.start(away)
    fleet.wait_healthy(away)
    eventually(lambda: tenant.api.get(f"/api/audit/v1/{path}").status_code == 200, timeout=30)


def refused_rounds(tenant: Tenant, fleet: FleetControl) -> int:
    """How often records of the tenant were not removed because something was away."""
    told = "records older than they are kept stay for now"
    return sum(told in line and tenant.id in line for line in fleet.logs("audit", 2000))


@pytest.mark.services("tenants")
@pytest.mark.timeout(180)
def test_a_retention_keeps_no_record_waiting_while_the_object_store_is_silent(
    tenant: Tenant, other_tenant: Tenant, fleet: FleetControl
) -> None:
    tenant.api.ok("PUT", "/api/audit/v1/retention", json={"days": 7})
    eventually(lambda: tenant.api.get("/api/audit/v1/checkpoints").content, timeout=20)
    made: list[str] = []
    waiting: list[int] = []
    with fleet.paused("minio"):

        def looked_at() -> bool:
            """Records come in all the time, as far as the tenant may have projects."""
            if len(made) < 15:
                made.append(f"p-{len(made)}")
                tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": made[-1]})
            waiting.append(sessions_at_locks(fleet, "audit", 3.0, database="audit"))
            return refused_rounds(tenant, fleet) > 0

        eventually(looked_at, timeout=60, interval=1)
        assert set(waiting) == {0}
        other_tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "other"})
        eventually(lambda: projects_in(other_tenant) == ["other"], timeout=20)
        eventually(lambda: projects_in(tenant) == sorted(made), timeout=20)
