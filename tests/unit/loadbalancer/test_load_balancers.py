"""What a load balancer costs while it lives, and its listeners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.loadbalancer.domain.errors import ListenerConflict
from services.loadbalancer.domain.load_balancers import RATES, check_listener_ports
from shared.kernel.context import service_context
from shared.metering import record_usage
from tests.unit.clocks import NOW, standing_clock
from tests.unit.doubles import MeteredRow, Outbox

EVENING = datetime(2025, 3, 1, 23, 59, 50, tzinfo=UTC)


def metered(row: MeteredRow, *moments: datetime) -> Outbox:
    """What is told when a load balancer is metered at these moments."""
    outbox = Outbox()
    with service_context("loadbalancer", "t-1", standing_clock()):
        for moment in moments:
            record_usage(outbox, "loadbalancer", row, RATES, moment)
    return outbox


def test_a_load_balancer_is_billed_by_the_second_and_each_day_by_itself() -> None:
    outbox = metered(MeteredRow("lb-1", EVENING), EVENING + timedelta(seconds=20, microseconds=5))
    assert outbox.windows == [
        ("2025-03-01T23:59:50+00:00", "2025-03-02T00:00:00+00:00", "10"),
        ("2025-03-02T00:00:00+00:00", "2025-03-02T00:00:10.000005+00:00", "10.000005"),
    ]
    assert {(told["type"], told["data"]["meter"]) for told in outbox.events} == {
        ("loadbalancer.usage.recorded", "loadbalancer.seconds")
    }


def test_while_it_lives_each_window_begins_where_the_last_one_ended() -> None:
    at = [NOW + timedelta(seconds=seconds) for seconds in (900, 900, 901, 1_800)]
    outbox = metered(MeteredRow("lb-1", NOW), *at)
    assert [(begin[11:19], end[11:19]) for begin, end, _ in outbox.windows] == [
        ("12:00:00", "12:15:00"),
        ("12:15:00", "12:15:01"),
        ("12:15:01", "12:30:00"),
    ]


def test_each_port_has_one_listener() -> None:
    check_listener_ports([80, 443])
    with pytest.raises(ListenerConflict):
        check_listener_ports([80, 443, 80])
