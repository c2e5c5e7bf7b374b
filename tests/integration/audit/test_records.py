"""The audit trail as its readers see it."""

import base64
import json
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.monitoring import evaluate, make_rule, sample, send

RECORDS = "/api/audit/v1/records"


def types_of(tenant: Tenant) -> list[str]:
    return [record["type"] for record in tenant.api.items(RECORDS)]


def test_a_tenants_first_steps_are_recorded_in_order_with_their_actor(tenant: Tenant) -> None:
    eventually(lambda: {"tenants.tenant.created", "auth.token.issued"} <= set(types_of(tenant)))
    records = list(tenant.api.items(RECORDS))
    assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
    created = next(record for record in records if record["type"] == "tenants.tenant.created")
    assert created["subject"] == tenant.id
    assert created["data"]["name"] == tenant.name


def test_each_record_names_the_hash_before_it(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)
    records = list(tenant.api.items(RECORDS))
    assert records[0]["previous_hash"] == "0" * 64
    assert [r["previous_hash"] for r in records[1:]] == [r["hash"] for r in records[:-1]]


def test_a_request_is_found_by_its_correlation_id(tenant: Tenant) -> None:
    headers = {"X-Correlation-Id": f"order-{tenant.id}"}
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"}, headers=headers)

    def caused() -> list[str]:
        return [record["type"] for record in tenant.api.items(RECORDS, correlation_id=f"order-{tenant.id}")]

    eventually(lambda: "tenants.project.created" in caused())
    assert [kind for kind in caused() if kind.startswith("tenants.tenant")] == []


def test_pages_are_stable_while_the_trail_grows(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)
    first = tenant.api.ok("GET", RECORDS, params={"limit": 2})
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Later"})
    second = tenant.api.ok("GET", RECORDS, params={"limit": 2, "cursor": first["next_cursor"]})
    assert [r["sequence"] for r in first["items"] + second["items"]] == [1, 2, 3, 4]


def test_verification_holds_against_a_signed_checkpoint(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)

    def under_checkpoint() -> Any:
        answer = tenant.api.ok("POST", "/api/audit/v1/verifications")
        return answer if answer["checkpoint"]["sequence"] >= 4 else None

    verified = eventually(under_checkpoint)
    assert (verified["valid"], verified["first_invalid"]) == (True, None)
    assert verified["head"]["sequence"] == verified["records"]


def test_the_trail_is_searched_by_time_and_read_from_either_end(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)
    records = list(tenant.api.items(RECORDS))
    by_time = sorted(records, key=lambda record: (record["time"], record["sequence"]))
    for sort, expected in (
        ("sequence", records),
        ("-sequence", records[::-1]),
        ("time", by_time),
        ("-time", by_time[::-1]),
    ):
        # Over several pages, and nothing of what has happened since
        found = [record for record in tenant.api.items(RECORDS, limit=3, sort=sort) if record in records]
        assert found == expected, sort
    first, last = by_time[0]["time"], by_time[-1]["time"]
    within = list(tenant.api.items(RECORDS, **{"from": first, "to": last}))
    assert [record["time"] for record in within] == [record["time"] for record in records if record["time"] < last]
    assert list(tenant.api.items(RECORDS, to=first)) == []


def test_a_time_before_the_year_1000_is_before_everything(tenant: Tenant) -> None:
    records = eventually(lambda: list(tenant.api.items(RECORDS)))
    since: dict[str, Any] = {"from": "0500-01-01T00:00:00Z"}
    assert list(tenant.api.items(RECORDS, **since))[: len(records)] == records
    assert list(tenant.api.items(RECORDS, to="0500-01-01T00:00:00Z")) == []
    body = {"reason": "all of it", "begins_at": "0500-01-01T00:00:00Z", "ends_at": "0999-12-31T00:00:00Z"}
    hold = tenant.api.ok("POST", "/api/audit/v1/legal-holds", 201, json=body)
    assert (hold["begins_at"], hold["ends_at"]) == ("0500-01-01T00:00:00.000000Z", "0999-12-31T00:00:00.000000Z")


@pytest.mark.services("monitor")
def test_a_number_that_only_a_double_can_be_breaks_no_chain(tenant: Tenant) -> None:
    """PostgreSQL gives 1.8014398509481982e+16 back as an integer, for which RFC 8785 has no form."""
    send(tenant.api, *(sample(0, 2**53 - 1, name="debt", host=host) for host in ("a", "b")))
    make_rule(tenant.api, metric="debt", aggregation="sum")
    assert evaluate(tenant.api, 0) == ["firing"]
    fired = eventually(lambda: list(tenant.api.items(RECORDS, type="monitor.alert.firing")))[0]
    assert fired["data"]["value"] == 1.8014398509481982e16

    def covered() -> bool:
        answer = tenant.api.ok("POST", "/api/audit/v1/verifications")
        assert answer["valid"] is True, answer
        return bool(answer["checkpoint"]["sequence"] >= fired["sequence"])

    eventually(covered, timeout=30)


@pytest.mark.parametrize("sort", ["time", "-time"])
def test_a_page_by_time_goes_on_at_a_time_and_at_what_is_none_nowhere(tenant: Tenant, sort: str) -> None:
    """A cursor is opaque, and still somebody may write one: nothing in it is more than a value."""
    eventually(lambda: len(types_of(tenant)) >= 4)
    everything = len(types_of(tenant))

    def page(time: str) -> tuple[int, list[Any]]:
        key = base64.urlsafe_b64encode(json.dumps([time, "0"]).encode()).decode()
        answer = tenant.api.get(RECORDS, params={"sort": sort, "cursor": key, "limit": 1000})
        return answer.status_code, answer.json().get("items", [])

    for time, before in (("2000-01-01T00:00:00.000000Z", True), ("2999-01-01T00:00:00.000000Z", False)):
        status, found = page(time)
        shown = before if sort == "time" else not before
        assert (status, len(found) >= everything, found == []) == (200, shown, not shown), time
    for time in ("2000'", "x'); --", "9', 0) OR (time, sequence) <> ('"):
        assert page(time)[0] in (200, 400), time


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"sort": "hash"}, 400, "invalid_sort"),
        ({"sort": "sequence; DROP TABLE audit_records"}, 400, "invalid_sort"),
        ({"from": "yesterday"}, 422, "invalid_time_range"),
        ({"to": "2020-01-01T00:00:00"}, 422, "invalid_time_range"),
        ({"from": "0001-01-01T00:00:00+23:00"}, 422, "invalid_time_range"),
        ({"from": "2020-01-02T00:00:00Z", "to": "2020-01-01T00:00:00Z"}, 422, "invalid_time_range"),
    ],
)
def test_an_order_or_a_time_that_is_none_is_refused(
    tenant: Tenant, asked: dict[str, str], status: int, code: str
) -> None:
    tenant.api.refused("GET", RECORDS, status, code, params=asked)


def test_checkpoints_are_signed_one_after_the_other_under_the_published_key(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)

    def checkpoints() -> list[Any]:
        return [json.loads(line) for line in tenant.api.get("/api/audit/v1/checkpoints").text.splitlines()]

    first = eventually(checkpoints)[-1]
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})
    eventually(lambda: checkpoints()[-1]["sequence"] > first["sequence"], timeout=20)
    found = checkpoints()
    assert [each["previous"] for each in found] == ["", *(each["signature"] for each in found[:-1])]
    key = tenant.api.ok("GET", "/api/audit/v1/checkpoint-key", 200)
    assert key["algorithm"] == "Ed25519"
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public_key"]))
    for each in found:
        content = {name: value for name, value in each.items() if name != "signature"}
        public.verify(bytes.fromhex(each["signature"]), rfc8785.dumps(content))


def test_an_export_is_verified_without_the_platform(tenant: Tenant, fleet: FleetControl) -> None:
    eventually(lambda: tenant.api.get("/api/audit/v1/checkpoints").text)
    # Checkpoints first: what is exported after them has at least what they signed.
    checkpoints = tenant.api.get("/api/audit/v1/checkpoints").text
    export = tenant.api.get("/api/audit/v1/export").text
    key = tenant.api.ok("GET", "/api/audit/v1/checkpoint-key", 200)["public_key"]

    def verified(export: str) -> tuple[int, str]:
        files = {"export": export, "signed": checkpoints}
        arguments = ("export", "--checkpoints", "signed", "--key", key)
        return fleet.run("audit", "services.audit.cli", *arguments, files=files)

    status, told = verified(export)
    assert (status, told.startswith("valid: ")) == (0, True), told
    lines = export.splitlines(keepends=True)
    changed = "".join([lines[0].replace('"actor": "', '"actor": "not '), *lines[1:]])
    assert verified(changed) == (1, "INVALID at record 1: the content doesn't match its hash\n")
    assert verified("nonsense")[0] == 2


def numbered(tenant: Tenant, number: int | None) -> dict[str, Any]:
    """What a source tells as its event of that number in the tenant."""
    subject = f"v-{tenant.id}-{number}"
    event = {
        "specversion": "1.0",
        "id": f"evt-{subject}",
        "source": "omnicloud/monitor",
        "type": "monitor.silence.deleted",
        "subject": subject,
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "tenantid": tenant.id,
        "correlationid": "c-test",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "actor": "service:monitor",
        "sequence": 1,
        "data": {
            "id": subject,
            "matchers": {},
            "starts_at": clock.now().isoformat(),
            "ends_at": clock.now().isoformat(),
            "comment": "",
        },
    }
    return event if number is None else {**event, "sourcesequence": str(number)}


def test_what_a_source_has_sent_and_nobody_has_received_is_named(tenant: Tenant, bus: Bus) -> None:
    def gaps() -> list[dict[str, Any]]:
        answer = tenant.api.ok("POST", "/api/audit/v1/verifications")
        assert answer["valid"] is True
        assert answer["complete"] is (answer["gaps"] == [])
        return [gap for gap in answer["gaps"] if gap["source"] == "omnicloud/monitor"]

    bus.send("monitor.events", numbered(tenant, 2))
    bus.send("monitor.events", numbered(tenant, 6))
    missing = [{"first": 1, "last": 1}, {"first": 3, "last": 5}]
    eventually(lambda: gaps() == [{"source": "omnicloud/monitor", **gap} for gap in missing])
    # An event that comes twice fills nothing, and those that come late fill what they are
    bus.send("monitor.events", numbered(tenant, 6))
    for number in (4, 1, 3, 5):
        bus.send("monitor.events", numbered(tenant, number))
    eventually(lambda: gaps() == [])


@pytest.mark.services("tenants")
def test_a_trail_to_which_everything_came_is_complete(tenant: Tenant) -> None:
    for number in range(3):
        tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": f"p-{number}"})
    eventually(lambda: types_of(tenant).count("tenants.project.created") == 3)
    answer = eventually(
        lambda: (said := tenant.api.ok("POST", "/api/audit/v1/verifications"))["complete"] and said, timeout=20
    )
    assert (answer["valid"], answer["gaps"]) == (True, [])
    by_source: dict[str, list[int]] = {}
    for record in tenant.api.items(RECORDS):
        by_source.setdefault(record["source"], []).append(record["source_sequence"])
    assert {"omnicloud/tenants", "omnicloud/auth"} <= set(by_source)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in by_source.values())
