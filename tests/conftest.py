"""Starts or finds the fleet, derives each test's category and services from its folder, and fails broken ones fast.

`tests/<category>/<service>/test_*.py`: the category's marker and the service are added here. Unit tests never start a
fleet. Every other test needs the gateway and its services healthy, and fails in its set-up when they are not.

Several workers share a long run, each with a fleet of its own (`tests.support.workers`).

`--at TIME` has the fleet and the tests live at another time: the fleet's clock is stepped before its first service
starts, and the tests take every time from the same clock.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.clock import clock, moment_of
from tests.support.durations import Durations, long_first
from tests.support.fleet import SERVICES, FleetControl, FleetUnavailable
from tests.support.fleets import running_fleet, start_fleet
from tests.support.workers import affordable, share_out

pytest_plugins = ("tests.support.fixtures",)

HERE = Path(__file__).resolve().parent
CATEGORIES = ("unit", "integration", "contract", "chaos", "security", "performance", "system", "interop")
LOG_LINES = 30


class LiveFleet:
    """The session's fleet, if any test needs one."""

    def __init__(self) -> None:
        self._fleet: FleetControl | None = None
        self._failure = ""
        self._close: Callable[[], None] | None = None
        self._shown: set[str] = set()

    @property
    def started(self) -> FleetControl | None:
        """The fleet, if there is one."""
        return self._fleet

    def start(self, at: str) -> None:
        """Find or start the fleet, at a time if one is given; what goes wrong is told by the first test that needs it.

        Raises UsageError when there is a fleet that can't be put to that time.
        """
        try:
            if url := os.environ.get("OMNICLOUD_URL"):
                self._fleet = self._join(running_fleet(url.rstrip("/")), at)
            else:
                self._fleet, self._close = start_fleet(clock.ahead)
                # Healthy is one thing; that the gateway has heard of it comes a moment later.
                self._fleet.wait_routed()
        except FleetUnavailable as error:
            self._failure = str(error)
        except OSError as error:
            self._failure = f"the fleet's runner does not answer: {error}"

    def _join(self, fleet: FleetControl, at: str) -> FleetControl:
        """A fleet that runs already: the tests go by its clock, or it goes by theirs until they end."""
        before = fleet.clock_offset()
        if not at:
            clock.ahead = before
            return fleet
        if not fleet.can_be_asked:
            raise pytest.UsageError(
                f"--at {at}: the clock of {fleet.url} can't be stepped, since no runner of that fleet was found; "
                "unset OMNICLOUD_URL to have the tests start a fleet at that time"
            )
        fleet.set_clock(clock.ahead)
        self._close = lambda: fleet.set_clock(before)
        return fleet

    def get(self) -> FleetControl:
        """The fleet. Fails the test when there is none; the runner's words are shown in full only once."""
        if self._fleet is None:
            message, self._failure = self._failure, "the fleet did not start (see the first failure)"
            pytest.fail(message, pytrace=False)
        return self._fleet

    def require(self, names: set[str]) -> None:
        """Fail the test unless every service is healthy, which one without a health check never is."""
        fleet = self.get()
        if not fleet.can_be_asked:
            return
        known = fleet.services()
        for name in sorted(names):
            service = known.get(name)
            if service is None:
                pytest.fail(f"{name} is not part of the fleet", pytrace=False)
            if service["state"] == "starting":
                fleet.wait_healthy(name)
            elif not service["healthy"]:
                pytest.fail(self._trouble(fleet, name, service), pytrace=False)

    def _trouble(self, fleet: FleetControl, name: str, service: dict[str, str]) -> str:
        """Why a service is not healthy; its log only the first time."""
        head, *details = service["reason"].splitlines() or [""]
        if service["state"] == "running" and not service["has_health_check"]:
            head = "it has no health check, so nothing shows that it is healthy"
        message = f"{name} is not healthy: {service['state']}: {head}"
        if name in self._shown:
            return message
        self._shown.add(name)
        log = fleet.logs(name, LOG_LINES)
        return "\n".join([message, *details, f"--- last lines of {name}'s log", *log])

    def close(self) -> None:
        """Take the fleet down if it is ours; leave another as it was."""
        if self._close is not None:
            self._close()
        self._fleet = self._close = None


_live = LiveFleet()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--at`, and OMNICLOUD_AT for where no option can be given."""
    parser.addoption(
        "--at",
        metavar="TIME",
        default=os.environ.get("OMNICLOUD_AT", ""),
        help="the time at which the fleet and the tests begin, such as 2024-02-29T12:00:00Z; default: now",
    )
    parser.addoption("--note-durations", action="store_true", help="write tests/durations.json anew")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Choose the number of workers before it is acted upon."""
    share_out(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means."""
    return affordable()


def pytest_configure(config: pytest.Config) -> None:
    """Put the tests' clock to the time asked for, before a test module that might look at it is read."""
    if at := config.getoption("at"):
        try:
            clock.start_at(moment_of(at))
        except ValueError as error:
            raise pytest.UsageError(f"--at takes a time with its zone, such as 2024-02-29T12:00:00Z: {error}") from None
    if config.getoption("note_durations") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Durations())


@pytest.fixture(scope="session")
def fleet() -> FleetControl:
    """The fleet under test."""
    return _live.get()


def of_these(items: list[pytest.Item]) -> list[pytest.Item]:
    """The items below this folder: whoever names others beside it runs them all in one session."""
    return [item for item in items if item.path.resolve().is_relative_to(HERE)]


def place_of(item: pytest.Item) -> tuple[str, set[str]]:
    """A test's category and services, from its folder and its `services` markers."""
    parts = item.path.resolve().relative_to(HERE).parts
    named = {str(name) for marker in item.iter_markers("services") for name in marker.args}
    return parts[0], named | (SERVICES & set(parts[1:-1]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its category, write category and services where reports carry them; long tests first."""
    long_first(items)
    for item in of_these(items):
        category, services = place_of(item)
        if category not in CATEGORIES:
            raise pytest.UsageError(f"{item.nodeid} lies in none of the folders {', '.join(CATEGORIES)}")
        item.add_marker(category)
        item.user_properties += [("category", category), ("services", ",".join(sorted(services)))]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the fleet before the first test, so that no test's time limit pays for it. Unit tests need none.

    A worker has told which tests there are by then: all workers start their fleets at once.
    """
    if not session.config.option.collectonly and any(place_of(item)[0] != "unit" for item in of_these(session.items)):
        _live.start(session.config.getoption("at"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: a test against a broken service fails here, at once and with the reason."""
    category, services = place_of(item)
    if category != "unit":
        _live.require(services | {"gateway"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After a test that broke something: everything runs and is healthy again before the next one."""
    yield
    if _live.started is not None:
        _live.started.restore()


def pytest_unconfigure() -> None:
    """Also after errors in collection and after Ctrl-C."""
    _live.close()
