"""The tests' clock: where it begins, how drills step the fleet's, and the months that billing's tests speak of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support import months
from tests.support.clock import FleetClock, clock, moment_of
from tests.support.fleet import FleetControl
from tests.support.months import Month
from tests.unit.clock_readings import clock_readings

LEAP_DAY = datetime(2028, 2, 29, 12, tzinfo=UTC)
TOLERANCE = timedelta(seconds=30)


@pytest.fixture
def at_another_time() -> Iterator[None]:
    """What a test does to the one clock is undone."""
    before = clock.ahead, clock.stepped
    yield
    clock.ahead, clock.stepped = before


class Steps(FleetControl):
    """A fleet that keeps to what its clock was set."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.set_to: list[float] = []

    def set_clock(self, ahead: float) -> None:
        self.set_to.append(ahead)

    def _repair(self) -> None:
        self.set_clock(clock.ahead)


def test_the_clock_begins_at_the_time_asked_for_and_goes_on() -> None:
    moved = FleetClock()
    moved.start_at(LEAP_DAY)
    first, second = moved.now(), moved.now()
    assert LEAP_DAY <= first <= second < LEAP_DAY + TOLERANCE


def test_a_drills_step_is_seen_by_the_services_alone() -> None:
    moved = FleetClock()
    moved.start_at(LEAP_DAY)
    moved.stepped = 3600.0
    assert moved.now() < LEAP_DAY + TOLERANCE
    assert LEAP_DAY + timedelta(hours=1) <= moved.services_now() < LEAP_DAY + timedelta(hours=1) + TOLERANCE


@pytest.mark.usefixtures("at_another_time")
def test_drills_step_from_where_the_fleet_began_and_go_back_there() -> None:
    clock.ahead = 1000.0
    fleet = Steps()
    fleet.step_clock(601)
    assert (fleet.set_to, clock.stepped) == ([1601.0], 601)
    fleet.restore()
    assert (fleet.set_to, clock.stepped) == ([1601.0, 1000.0], 0.0)


@pytest.mark.parametrize("text", ["2028-02-29T12:00:00", "2027-02-29T12:00:00Z", "tomorrow", ""])
def test_a_time_without_a_zone_or_of_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        moment_of(text)


def test_a_time_is_read_with_its_zone() -> None:
    assert moment_of("2028-02-29T12:00:00Z") == moment_of("2028-02-29T07:00:00-05:00") == LEAP_DAY


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2028-02-29T12:00:00+00:00", "2028-02-01", "2028-03-01"),
        ("2027-12-31T23:59:59.999999+00:00", "2027-12-01", "2028-01-01"),
        ("2028-01-01T00:00:00+00:00", "2028-01-01", "2028-02-01"),
        ("2027-12-31T20:00:00-05:00", "2028-01-01", "2028-02-01"),
    ],
)
def test_a_month_is_a_half_open_calendar_month_in_utc(moment: str, start: str, end: str) -> None:
    month = Month.of(datetime.fromisoformat(moment))
    assert month.period == {"period_start": f"{start}T00:00:00+00:00", "period_end": f"{end}T00:00:00+00:00"}
    assert month.previous().end == month.start


@pytest.mark.usefixtures("at_another_time")
def test_late_in_the_month_that_ended_last_is_always_young_enough_for_billing() -> None:
    for day in range(2 * 366):
        clock.start_at(LEAP_DAY.replace(hour=23, minute=59) + timedelta(days=day))
        latest = datetime.fromisoformat(months.last_complete().late(hours=72))
        assert timedelta() < clock.now() - latest < timedelta(days=35)


@pytest.mark.usefixtures("at_another_time")
def test_months_follow_each_other_without_gap() -> None:
    clock.start_at(LEAP_DAY)
    row = [months.current()]
    while len(row) < 30:
        row.append(row[-1].previous())
    assert all(later.start == earlier.end for later, earlier in pairwise(row))
    assert row[1] == months.last_complete()
    assert [month.start.day for month in row] == [1] * 30


def test_no_test_of_the_environment_asks_the_machine_for_the_time() -> None:
    root = Path(__file__).resolve().parents[1]
    found = {path.name: clock_readings(path.read_text("utf-8")) for path in root.rglob("*.py")}
    assert len(found) > 30
    assert {name: readings for name, readings in found.items() if readings} == {}
