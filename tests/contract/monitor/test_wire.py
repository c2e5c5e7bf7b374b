"""What monitor says over the wire."""

from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, MONITOR, RULES, at, evaluate, make_rule, sample, send


def test_the_life_of_an_alert_is_told_in_order(tenant: Tenant, bus: Bus) -> None:
    rule = make_rule(tenant.api, for_seconds=60)
    send(tenant.api, sample(0, 9), sample(60, 8), sample(120, 1))
    for seconds in (0, 60, 120):
        evaluate(tenant.api, seconds)
    [alert] = tenant.api.items(ALERTS)
    told = bus.of_subject("monitor.events", alert["id"], count=3)
    assert [(event["type"], event["sequence"], event["data"]["value"]) for event in told] == [
        ("monitor.alert.pending", 1, 9.0),
        ("monitor.alert.firing", 2, 8.0),
        ("monitor.alert.resolved", 3, 1.0),
    ]
    assert {(event["tenantid"], event["data"]["rule_id"]) for event in told} == {(tenant.id, rule["id"])}


def test_a_range_query_answers_points_by_series(tenant: Tenant) -> None:
    send(tenant.api, sample(0, 1.5, host="a"), sample(60, 2.5, host="a"))
    query = {"name": "load", "start": at(0), "end": at(60), "step": 60}
    answer = tenant.api.ok("GET", f"{MONITOR}/query", params=query)
    assert (answer["name"], answer["aggregation"]) == ("load", "last")
    [series] = answer["series"]
    assert series["labels"] == {"host": "a"}
    assert [point["value"] for point in series["points"]] == [1.5, 2.5]


def test_a_query_whose_parts_do_not_fit_is_refused(tenant: Tenant) -> None:
    span = {"name": "load", "start": at(0), "end": at(60)}
    for wrong in ({"aggregation": "quantile"}, {"quantile": 0.5}, {"label": "host"}, {"end": at(-60)}):
        tenant.api.refused("GET", f"{MONITOR}/query", 422, "invalid_query", params={**span, **wrong})


def test_values_and_times_must_be_finite_and_zoned(tenant: Tenant) -> None:
    for wrong in ({"value": "NaN"}, {"timestamp": at(0).removesuffix("+00:00")}):
        body = {"samples": [{**sample(0, 1), **wrong}]}
        tenant.api.refused("POST", f"{MONITOR}/samples", 422, "validation_failed", json=body)
    body = {"samples": [{**sample(0, 1), "name": "no-dashes"}]}
    tenant.api.refused("POST", f"{MONITOR}/samples", 422, "invalid_sample", json=body)


def test_the_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    paths = tenant.api.ok("GET", "/api/monitor/openapi.json")["paths"]
    assert {"/v1/samples", "/v1/query", "/v1/alert-rules", "/v1/evaluate", "/v1/alerts", "/v1/silences"} <= set(paths)
    assert RULES.removeprefix("/api/monitor") in paths
