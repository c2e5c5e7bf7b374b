"""Rules and the lives of their alerts."""

from datetime import datetime
from typing import Any

import pytest

from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, RULES, SILENCES, at, evaluate, health, make_rule, sample, send


def load(tenant: Tenant, *values: float) -> None:
    send(tenant.api, *(sample(60 * n, value) for n, value in enumerate(values)))


def test_an_alert_is_pending_then_fires_then_is_resolved(tenant: Tenant) -> None:
    make_rule(tenant.api, for_seconds=120)
    load(tenant, 9, 9, 9, 1)
    assert [evaluate(tenant.api, 60 * n) for n in range(4)] == [["pending"], [], ["firing"], ["resolved"]]


def test_a_condition_that_clears_sets_the_timer_back(tenant: Tenant) -> None:
    make_rule(tenant.api, for_seconds=120)
    load(tenant, 9, 9, 1, 9, 9, 9)
    assert [evaluate(tenant.api, 60 * n) for n in range(6)] == [
        ["pending"],
        [],
        ["inactive"],
        ["pending"],
        [],
        ["firing"],
    ]


def test_a_firing_alert_goes_on_for_a_while(tenant: Tenant) -> None:
    make_rule(tenant.api, keep_firing_for_seconds=120)
    load(tenant, 9, 1, 1, 1)
    assert [evaluate(tenant.api, 60 * n) for n in range(4)] == [["firing"], [], [], ["resolved"]]


def test_an_alert_is_kept_firing_for_as_long_as_the_interval_between_evaluations(tenant: Tenant) -> None:
    """From the first evaluation that finds it cleared, not from the last that found it held (KeepFiringSince)."""
    make_rule(tenant.api, keep_firing_for_seconds=60)
    load(tenant, 9, 1, 9, 1, 1)
    assert [evaluate(tenant.api, 60 * n) for n in range(5)] == [["firing"], [], [], [], ["resolved"]]


def test_time_without_data_does_not_count_as_held(tenant: Tenant) -> None:
    """True once, an hour without data, true once: `for` begins anew (prometheus/prometheus#422)."""
    make_rule(tenant.api, for_seconds=300)
    send(tenant.api, sample(0, 9), sample(3600, 9), sample(3840, 9), sample(3900, 9))
    told = {minute: evaluate(tenant.api, 60 * minute) for minute in range(61)}
    assert {minute: states for minute, states in told.items() if states} == {
        0: ["pending"],
        5: ["inactive"],
        60: ["pending"],
    }
    assert [evaluate(tenant.api, seconds) for seconds in (3840, 3900)] == [[], ["firing"]]


def test_time_that_nothing_was_evaluated_in_does_not_count_as_held(tenant: Tenant) -> None:
    """As after a suspension, or after a replay: two hours later a rule that waits for ten minutes has seen one."""
    make_rule(tenant.api, for_seconds=600)
    minutes = [0, 1, 120, 125, 129, 130]
    send(tenant.api, *(sample(60 * minute, 9) for minute in minutes))
    assert [evaluate(tenant.api, 60 * minute) for minute in minutes] == [["pending"], [], [], [], [], ["firing"]]
    [alert] = tenant.api.items(ALERTS)
    assert datetime.fromisoformat(alert["active_at"]) == datetime.fromisoformat(at(7200))


def test_an_alert_goes_on_under_a_changed_severity(tenant: Tenant) -> None:
    rule = make_rule(tenant.api)
    load(tenant, 9, 9, 1)
    evaluate(tenant.api, 0)
    [before] = tenant.api.items(ALERTS)
    tenant.api.ok("PATCH", f"{RULES}/{rule['id']}", json={"severity": "page"})
    [changed] = tenant.api.items(ALERTS)
    assert (changed["id"], changed["labels"]["severity"]) == (before["id"], "page")
    assert [evaluate(tenant.api, seconds) for seconds in (60, 120)] == [[], ["resolved"]]
    assert [alert["state"] for alert in tenant.api.items(ALERTS)] == ["resolved"]


def test_a_group_holds_all_of_its_alerts(tenant: Tenant) -> None:
    """Alertmanager: one group is one notification, however long the list of alerts is."""
    for metric in ("a", "b", "c"):
        send(tenant.api, *(sample(0, 9, name=metric, host=str(number)) for number in range(400)))
        make_rule(tenant.api, metric, metric=metric)
        # Each in turn: a request's time is short on a busy machine.
        assert evaluate(tenant.api, 0) == ["firing"] * 400
    [group] = tenant.api.ok("GET", "/api/monitor/v1/alert-groups", params={"by": "severity"})["items"]
    assert len(group["alerts"]) == 1200


@pytest.mark.parametrize("path", [RULES, SILENCES])
def test_what_was_changed_meanwhile_is_not_deleted(tenant: Tenant, path: str) -> None:
    silence = {"matchers": {"host": "a"}, "starts_at": at(0), "ends_at": at(60)}
    row = make_rule(tenant.api) if path == RULES else tenant.api.ok("POST", path, 201, json=silence)
    place = f"{path}/{row['id']}"
    tenant.api.refused("DELETE", place, 412, "version_conflict", headers={"If-Match": f'"{row["version"] + 1}"'})
    assert [item["id"] for item in tenant.api.items(path)] == [row["id"]]
    tenant.api.ok("DELETE", place, 204, headers={"If-Match": f'"{row["version"]}"'})
    assert list(tenant.api.items(path)) == []


def test_no_data_is_not_ok(tenant: Tenant) -> None:
    make_rule(tenant.api)
    assert health(tenant.api, 0) == "no_data"
    load(tenant, 9)
    assert health(tenant.api, 0) == "firing"
    assert health(tenant.api, 900) == "no_data"


@pytest.mark.parametrize("kept", [0, 120])
def test_an_alert_whose_series_went_stale_is_resolved_when_it_was_kept_firing_long_enough(
    tenant: Tenant, kept: int
) -> None:
    """As Prometheus has it: a stale series is no element of the vector, whose alert then ends (`AlertingRule.Eval`)."""
    make_rule(tenant.api, keep_firing_for_seconds=kept)
    load(tenant, 9)
    told = {minute: evaluate(tenant.api, 60 * minute) for minute in range(10)}
    ended = 5 + kept // 60
    assert {minute: states for minute, states in told.items() if states} == {0: ["firing"], ended: ["resolved"]}
    assert [alert["state"] for alert in tenant.api.items(ALERTS)] == ["resolved"]


def test_the_same_trouble_is_one_alert_however_its_value_changes(tenant: Tenant) -> None:
    make_rule(tenant.api)
    load(tenant, 6, 7, 8)
    for minute in range(3):
        evaluate(tenant.api, 60 * minute)
    [alert] = tenant.api.items(ALERTS)
    assert (alert["state"], alert["value"], alert["version"]) == ("firing", 8.0, 1)


def test_each_series_has_an_alert_of_its_own(tenant: Tenant) -> None:
    make_rule(tenant.api, severity="page")
    send(tenant.api, sample(0, 9, host="a"), sample(0, 9, host="b"), sample(0, 1, host="c"))
    assert evaluate(tenant.api, 0) == ["firing", "firing"]
    hosts = {alert["labels"]["host"] for alert in tenant.api.items(ALERTS, state="firing")}
    assert hosts == {"a", "b"}
    [group] = tenant.api.ok("GET", "/api/monitor/v1/alert-groups", params={"by": "severity"})["items"]
    assert (group["labels"], len(group["alerts"])) == ({"severity": "page"}, 2)


def test_pages_hold_every_alert_once_though_they_began_together(tenant: Tenant) -> None:
    make_rule(tenant.api)
    send(tenant.api, *(sample(0, 9, host=str(number)) for number in range(5)))
    evaluate(tenant.api, 0)
    whole = [alert["id"] for alert in tenant.api.items(ALERTS)]
    assert len(set(whole)) == 5
    assert [alert["id"] for alert in tenant.api.items(ALERTS, limit=2)] == whole


def test_a_silence_hides_and_does_not_resolve(tenant: Tenant) -> None:
    make_rule(tenant.api)
    send(tenant.api, sample(0, 9, host="a"), sample(0, 9, host="b"))
    evaluate(tenant.api, 0)
    body = {"matchers": {"host": "a"}, "starts_at": at(0), "ends_at": at(10**6)}
    silence = tenant.api.ok("POST", SILENCES, 201, json=body)
    shown = {alert["labels"]["host"]: (alert["state"], alert["silenced"]) for alert in tenant.api.items(ALERTS)}
    assert shown == {"a": ("firing", True), "b": ("firing", False)}
    tenant.api.ok("DELETE", f"{SILENCES}/{silence['id']}", 204)
    assert not any(alert["silenced"] for alert in tenant.api.items(ALERTS))


@pytest.mark.parametrize("matchers", [{}, {"nosuch": ""}, {"a": "", "b": ""}], ids=["none", "empty", "all empty"])
def test_a_silence_of_everything_is_refused(tenant: Tenant, matchers: dict[str, str]) -> None:
    times = {"starts_at": at(0), "ends_at": at(10)}
    assert tenant.api.post(SILENCES, json={"matchers": matchers, **times}).status_code == 422
    tenant.api.ok("POST", SILENCES, 201, json={"matchers": {**matchers, "host": "a"}, **times})


def test_a_burn_rate_needs_both_windows(tenant: Tenant) -> None:
    rule: dict[str, Any] = {"aggregation": "burn_rate", "total_metric": "all", "objective": 0.999, "threshold": 14.4}
    make_rule(tenant.api, **rule)
    hour = [(60 * minute, 2 * minute, 100 * minute) for minute in range(0, 61, 4)]
    later = [(3660, 120, 6100), (3840, 120, 6400)]
    for name, column in (("load", 1), ("all", 2)):
        send(tenant.api, *(sample(row[0], row[column], name=name) for row in hour + later))
    assert (evaluate(tenant.api, 3600), evaluate(tenant.api, 3900)) == (["firing"], ["resolved"])


def test_rules_are_named_once_and_deleted_with_their_alerts(tenant: Tenant) -> None:
    rule = make_rule(tenant.api)
    again = {"name": "busy", "metric": "load", "operator": ">", "threshold": 1}
    tenant.api.refused("POST", RULES, 409, "rule_exists", json=again)
    load(tenant, 9)
    evaluate(tenant.api, 0)
    tenant.api.ok("DELETE", f"{RULES}/{rule['id']}", 204)
    assert list(tenant.api.items(RULES)) == list(tenant.api.items(ALERTS)) == []
