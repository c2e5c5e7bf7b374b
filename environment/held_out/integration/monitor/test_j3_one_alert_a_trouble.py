"""An alert is recognised by its rule and its series, whatever is measured of it and whenever."""

from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, RULES, evaluate, make_rule, sample, send


def test_a_value_that_goes_up_and_down_is_pending_fires_and_is_resolved_once(tenant: Tenant, bus: Bus) -> None:
    make_rule(tenant.api, for_seconds=120, keep_firing_for_seconds=60)
    values = (5.5, 90, 6.25, 7, 3, 8, 2, 1, 0)
    for host, more in (("a", 0.0), ("b", 0.125)):
        send(tenant.api, *(sample(60 * n, value + more, host=host) for n, value in enumerate(values)))
    told = [evaluate(tenant.api, 60 * n) for n in range(len(values))]
    assert told == [["pending"] * 2, [], ["firing"] * 2, [], [], [], [], ["resolved"] * 2, []]
    alerts = {alert["labels"]["host"]: alert for alert in tenant.api.items(ALERTS)}
    assert {host: (alert["state"], alert["value"]) for host, alert in alerts.items()} == {
        "a": ("resolved", 1.0),
        "b": ("resolved", 1.125),
    }
    for alert in alerts.values():
        types = [event["type"] for event in bus.of_subject("monitor.events", alert["id"], count=3)]
        assert types == ["monitor.alert.pending", "monitor.alert.firing", "monitor.alert.resolved"]


def test_an_alert_is_the_same_under_a_rule_that_was_changed_while_its_value_changed(tenant: Tenant) -> None:
    rule = make_rule(tenant.api, for_seconds=60)
    send(tenant.api, *(sample(60 * n, value) for n, value in enumerate((6, 7, 8, 9))))
    assert evaluate(tenant.api, 0) == ["pending"]
    [before] = tenant.api.items(ALERTS)
    tenant.api.ok("PATCH", f"{RULES}/{rule['id']}", json={"severity": "page"})
    assert [evaluate(tenant.api, seconds) for seconds in (60, 120, 180)] == [["firing"], [], []]
    [after] = tenant.api.items(ALERTS)
    assert (after["id"], after["active_at"], after["value"]) == (before["id"], before["active_at"], 9.0)
    assert after["labels"] == {**before["labels"], "severity": "page"}
