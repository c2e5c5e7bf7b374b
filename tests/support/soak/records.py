"""The part of the books that is about records: quotas, the trail, usage and the invoice."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from typing import Any

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.soak.calls import Call, Caller, Outcome
from tests.support.soak.control import METER, SECRETS, TENANTS, USAGE
from tests.support.soak.reading import Reader

RECORDED_SECONDS = 60.0
RESERVED_SECONDS = 901.0
"""A reservation that nobody settles ends after a quarter of an hour."""
COUNTED = {
    "instances": "instance", "volumes": "volume", "snapshots": "snapshot", "buckets": "bucket", "vpcs": "vpc",
    "subnets": "subnet", "addresses": "address", "dns_zones": "zone", "load_balancers": "balancer",
    "projects": "project",
}  # fmt: skip
"""Quotas that count pieces."""


class Records(Reader):
    """What is counted, recorded and billed."""

    def quotas_count_what_exists(self) -> None:
        """Used is what there is, and nothing is reserved once every reservation that nobody settled has ended."""

        def counted(reserved: bool) -> bool:
            instances, volumes = self.listed("instance"), self.listed("volume")
            exists = {quota: len(self.listed(kind)) for quota, kind in COUNTED.items()}
            exists["secrets"] = len(self.items(f"{SECRETS}/secrets"))
            exists["storage_gib"] = sum(entry["size_gib"] for entry in volumes)
            exists["memory_mib"] = sum(entry["memory_mib"] for entry in instances)
            exists["vcpus"] = sum(
                int(Decimal(str(entry["vcpus"])).to_integral_value(ROUND_CEILING)) for entry in instances
            )
            shown = {entry["resource"]: entry for entry in self.ok(f"{TENANTS}/quotas")["items"]}
            wrong = {
                name: f"used {shown[name]['used']}, exists {number}"
                for name, number in exists.items()
                if shown[name]["used"] != number
            }
            if reserved:
                wrong |= {
                    f"{name} reserved": entry["reserved"] for name, entry in shown.items() if entry["reserved"] != 0
                }
            assert not wrong, wrong
            return True

        eventually(lambda: counted(reserved=False), 30.0, interval=0.2)
        fleet, callers = self.schedule.fleet, self.schedule.callers
        fleet.step_clock(RESERVED_SECONDS)
        try:
            callers.renew(always=True)
            eventually(lambda: counted(reserved=True), 30.0, interval=0.2)
        finally:
            fleet.step_clock(0)
            callers.renew(always=True)

    def calls_are_in_the_trail_once(self) -> None:
        """One record an acknowledged call, at most one of a call that was given up, none of one that was refused."""
        calls = [call for call in self.schedule.calls if call.tells and call.caller is not Caller.PLATFORM]

        def recorded() -> bool:
            records = self._records()
            found = Counter((record["correlation_id"], record["type"]) for record in records)
            wrong = [
                f"{found[call.id, call.tells]} × {call.tells} of {call}" for call in calls if not _right(found, call)
            ]
            assert not wrong, "\n".join(wrong)
            return True

        eventually(recorded, RECORDED_SECONDS, interval=0.3)

    def _records(self) -> list[dict[str, Any]]:
        return list(self.schedule.callers.api(Caller.TENANT).items("/api/audit/v1/records", limit=1_000))

    def the_trail_verifies(self) -> None:
        """The chain is whole, no event is in it twice, and of no subject's events one is missing or there twice."""
        records = self._records()
        assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
        twice = {id: count for id, count in Counter(record["event_id"] for record in records).items() if count > 1}
        assert not twice, twice
        result = self.schedule.callers.api(Caller.TENANT).ok("POST", "/api/audit/v1/verifications")
        assert result["valid"] is True, result

    def usage_is_counted_once(self) -> None:
        """Every usage event of the trail and every call is one row, and no time of a thing is counted twice."""

        def counted() -> bool:
            rows = self.items(USAGE)
            refused = [row for row in rows if row["refused_because"]]
            assert not refused, f"never billed: {refused[:3]}"
            twice = [key for key, count in Counter((r["source"], r["source_id"]) for r in rows).items() if count > 1]
            assert not twice, twice
            told = {record["event_id"] for record in self._records() if record["type"].endswith(".usage.recorded")}
            kept = {row["source_id"] for row in rows if row["source"] != "soak"}
            assert kept == told, f"not counted: {told - kept}, not in the trail: {kept - told}"
            sent = [call for call in self.schedule.calls if call.path == USAGE]
            done = {call.body["id"] for call in sent if call.outcome is Outcome.DONE}
            possible = done | {call.body["id"] for call in sent if call.outcome is Outcome.UNKNOWN}
            own = {row["source_id"] for row in rows if row["source"] == "soak"}
            assert done <= own <= possible, f"lost: {done - own}, made up: {own - possible}"
            _check_windows(rows, stepped=any("the clock" in drill for drill in self.schedule.log))
            return True

        eventually(counted, RECORDED_SECONDS, interval=0.3)

    def the_invoice_is_the_usage(self) -> None:
        """An invoice of everything up to now says of every meter what its rows add up to."""
        end = clock.now()
        period = {"period_start": (end - timedelta(days=30)).isoformat(), "period_end": end.isoformat()}
        operator = self.schedule.callers.api(Caller.OPERATOR)
        body = {"currency": "USD", "unit_amount": "0.25"}
        operator.ok("PUT", f"/api/billing/v1/prices/{METER}", json=body)
        invoice = operator.ok("POST", "/api/billing/v1/invoices", 201, json=period)
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.items(USAGE):
            if row["invoice_id"] == invoice["id"]:
                sums[row["meter"]] += Decimal(row["quantity"])
        lines = {line["meter"]: Decimal(line["quantity"]) for line in invoice["lines"] if line["quantity"] is not None}
        assert lines == dict(sums), (lines, dict(sums))
        total = sum((Decimal(line["amount"]) for line in invoice["lines"]), Decimal(0))
        assert Decimal(invoice["subtotal"]) == total, invoice

    def no_event_was_put_aside(self) -> None:
        """What the surroundings did wrong is no event's own fault."""
        host, port = self.schedule.fleet.address("kafka:9092")
        tenant_id = self.schedule.world.facts["tenant_id"]
        letters = Bus(f"{host}:{port}").holding("dead-letters", tenant_id.encode())
        assert not letters, [(letter["type"], letter["subject"]) for letter in letters]


def _right(found: Counter[tuple[str, str]], call: Call) -> bool:
    number = found[call.id, call.tells]
    match call.outcome:
        case Outcome.DONE:
            return number == 1
        case Outcome.REFUSED:
            return number == 0
        case _:
            return number <= 1


def _check_windows(rows: list[dict[str, Any]], *, stepped: bool) -> None:
    """Of one thing and meter no two windows overlap; by a clock that was set back they may, but no two are the same."""
    by_thing: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in rows:
        if row["source"] != "soak":
            window = datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["ended_at"])
            by_thing[row["resource_id"], row["meter"]].append(window)
    for thing, windows in by_thing.items():
        assert len(set(windows)) == len(windows), f"{thing} is billed twice: {sorted(windows)}"
        for (_, end), (start, _) in pairwise(sorted(windows)):
            assert stepped or end <= start, f"{thing} is billed twice between {start} and {end}"
