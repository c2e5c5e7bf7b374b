"""Tests of a fleet have one clock, the fleet's, so that they pass on any day, at any hour and in any zone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.clock_readings import clock_readings, near_dates

TESTS = Path(__file__).resolve().parents[2]
CLOCK = TESTS / "support" / "clock.py"


def offences(find: Callable[[str], list[str]], *exempt: Path) -> list[str]:
    """What there is to find in the files of all tests that need a fleet, and of what they share."""
    files = [path for path in TESTS.rglob("*.py") if not path.is_relative_to(TESTS / "unit") and path not in exempt]
    assert len(files) > 100
    return [f"{path.relative_to(TESTS)}:{found}" for path in sorted(files) for found in find(path.read_text("utf-8"))]


def test_no_test_of_a_fleet_asks_the_machine_for_the_time() -> None:
    assert offences(clock_readings, CLOCK) == []


def test_no_test_of_a_fleet_names_a_day_that_a_run_may_come_near() -> None:
    assert offences(near_dates) == []


LOOKS = {
    "datetime.now": "from datetime import UTC, datetime\ndatetime.now(UTC)",
    "utcnow by another name": "import datetime as dt\ndt.datetime.utcnow()",
    "date.today": "from datetime import date as day\nday.today()",
    "time.time": "import time\ntime.time()",
    "time.time handed on": "import time\ndeadline(clock=time.time)",
    "time_ns": "from time import time_ns\ntime_ns()",
    "timezone.now": "from django.utils import timezone\ntimezone.now()",
    "import in a function": "def test():\n    from datetime import datetime\n    return datetime.today()",
}
NO_LOOKS = {
    "measuring": "import time\ntime.monotonic()\ntime.sleep(1)",
    "the tests' clock": "from tests.support.clock import clock\nclock.now()",
    "reading a text": "from datetime import datetime\ndatetime.fromisoformat('2020-01-01T00:00:00Z')",
    "something else's": "now = object()\nnow.time()",
}
NEAR = {
    "text": "print('2026-11-10T00:00:00Z')",
    "text with a gap for the month": "print(f'2026-{month:02d}-01')",
    "text with a gap for the day": "print(f'2031-11-{day:02d}')",
    "datetime": "from datetime import UTC, datetime\ndatetime(2026, 11, 1, tzinfo=UTC)",
    "date": "import datetime\ndatetime.date(year=2027, month=1, day=1)",
}
NOT_NEAR = {
    "docstring": '"""Fails from 2026-11-30 on."""',
    "far away": "print('2020-01-01T00:00:00Z', '2999-01-01')",
    "no date": "print('2026/fe b/é.bin', '12026-11', 2026)",
    "date": "from datetime import date\ndate(2024, 2, 29)",
}


@pytest.mark.parametrize("source", LOOKS.values(), ids=LOOKS)
def test_a_look_at_the_machines_clock_is_found(source: str) -> None:
    [found] = clock_readings(source)
    assert found.startswith(f"{len(source.splitlines())}: ")


@pytest.mark.parametrize("source", NO_LOOKS.values(), ids=NO_LOOKS)
def test_what_is_no_look_at_it_is_allowed(source: str) -> None:
    assert clock_readings(source) == []


@pytest.mark.parametrize("source", NEAR.values(), ids=NEAR)
def test_a_near_date_is_found(source: str) -> None:
    [found] = near_dates(source)
    assert found.startswith(f"{len(source.splitlines())}: ")


@pytest.mark.parametrize("source", NOT_NEAR.values(), ids=NOT_NEAR)
def test_what_is_no_near_date_is_allowed(source: str) -> None:
    assert near_dates(source) == []
