"""monitor or the broker goes away; no alert is lost and none fires twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, RULES, evaluate, make_rule, sample, send


def test_a_pending_alert_goes_on_after_a_kill(tenant: Tenant, fleet: FleetControl) -> None:
    make_rule(tenant.api, for_seconds=120)
    send(tenant.api, *(sample(60 * n, 9) for n in range(3)))
    assert evaluate(tenant.api, 0) == ["pending"]
    [before] = tenant.api.items(ALERTS)
    fleet.kill("monitor")
    fleet.start("monitor")
    fleet.wait_healthy("monitor")
    eventually(lambda: tenant.api.get(ALERTS).status_code == 200)
    assert evaluate(tenant.api, 120) == ["firing"]
    [after] = tenant.api.items(ALERTS)
    assert (after["id"], after["active_at"]) == (before["id"], before["active_at"])


def test_while_the_broker_is_down_alerts_fire_and_are_told_of_later(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    make_rule(tenant.api)
    send(tenant.api, sample(0, 9))
    fleet.kafka_down()
    assert evaluate(tenant.api, 0) == ["firing"]
    [alert] = tenant.api.items(ALERTS)
    fleet.kafka_up()
    [event] = bus.of_subject("monitor.events", alert["id"], timeout=20)
    assert (event["type"], event["sequence"]) == ("monitor.alert.firing", 1)


def test_concurrent_evaluations_make_one_alert(tenant: Tenant) -> None:
    make_rule(tenant.api)
    send(tenant.api, sample(0, 9))
    with ThreadPoolExecutor(5) as threads:
        made = list(threads.map(lambda _: evaluate(tenant.api, 0), range(5)))
    assert sorted(made) == [[], [], [], [], ["firing"]]
    assert len(list(tenant.api.items(ALERTS))) == 1


def test_rules_are_evaluated_without_being_asked(tenant: Tenant) -> None:
    make_rule(tenant.api)
    now = {**sample(0, 9), "timestamp": clock.now().isoformat()}
    send(tenant.api, now)
    [alert] = eventually(lambda: list(tenant.api.items(ALERTS)), timeout=20)
    assert (alert["state"], alert["value"]) == ("firing", 9.0)


@pytest.mark.services("tenants")
def test_what_a_request_leaves_behind_that_a_closing_overtook_goes_later(tenant: Tenant, fleet: FleetControl) -> None:
    """The operator's request stands for one of the tenant's own that began before it was closed."""
    make_rule(tenant.api, "early")
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(RULES)) == [], timeout=20)
    make_rule(tenant.operator, "late")
    fleet.step_clock(31)
    eventually(lambda: list(tenant.operator.items(RULES)) == [], timeout=30)
