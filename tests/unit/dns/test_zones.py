"""What a zone costs while it lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.dns.domain.zones import RATES
from shared.kernel.context import service_context
from shared.metering import record_usage
from tests.unit.clocks import NOW, standing_clock
from tests.unit.doubles import MeteredRow, Outbox

EVENING = datetime(2025, 3, 1, 23, 59, 50, tzinfo=UTC)


def metered(row: MeteredRow, *moments: datetime) -> Outbox:
    """What is told when a zone is metered at these moments."""
    outbox = Outbox()
    with service_context("dns", "t-1", standing_clock()):
        for moment in moments:
            record_usage(outbox, "dns", row, RATES, moment)
    return outbox


def test_a_zone_is_billed_by_the_second_and_each_day_by_itself() -> None:
    outbox = metered(MeteredRow("zone-1", EVENING), EVENING + timedelta(seconds=20, microseconds=5))
    assert outbox.windows == [
        ("2025-03-01T23:59:50+00:00", "2025-03-02T00:00:00+00:00", "10"),
        ("2025-03-02T00:00:00+00:00", "2025-03-02T00:00:10.000005+00:00", "10.000005"),
    ]
    assert {(told["type"], told["data"]["meter"]) for told in outbox.events} == {
        ("dns.usage.recorded", "dns.zone_seconds")
    }


def test_while_a_zone_lives_each_window_begins_where_the_last_one_ended() -> None:
    at = [NOW + timedelta(seconds=seconds) for seconds in (900, 900, 901, 1_800)]
    outbox = metered(MeteredRow("zone-1", NOW), *at)
    assert [(begin[11:19], end[11:19]) for begin, end, _ in outbox.windows] == [
        ("12:00:00", "12:15:00"),
        ("12:15:00", "12:15:01"),
        ("12:15:01", "12:30:00"),
    ]


def test_a_clock_that_was_set_back_bills_nothing_twice() -> None:
    row = MeteredRow("zone-1", NOW)
    assert metered(row, NOW - timedelta(seconds=1)).events == []
    assert row.metered_from == NOW
