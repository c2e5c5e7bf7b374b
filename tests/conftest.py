"""Starts or finds the fleet, derives each test's category and services from its folder, and fails broken ones fast.

`tests/<category>/<service>/test_*.py`: the category's marker and the service are added here. Unit tests never start a
fleet. Every other test needs the gateway and its services healthy, and fails in its set-up when they are not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.fleet import SERVICES, FleetControl, FleetUnavailable
from tests.support.fleets import running_fleet, start_fleet

pytest_plugins = ("tests.support.fixtures",)

HERE = Path(__file__).resolve().parent
CATEGORIES = ("unit", "integration", "contract", "chaos", "security", "performance", "system")
LOG_LINES = 30


class LiveFleet:
    """The session's fleet, if any test needs one."""

    def __init__(self) -> None:
        self._fleet: FleetControl | None = None
        self._failure = ""
        self._down: Callable[[], None] | None = None
        self._shown: set[str] = set()

    @property
    def started(self) -> FleetControl | None:
        """The fleet, if there is one."""
        return self._fleet

    def start(self) -> None:
        """Find or start the fleet; what goes wrong is told by the first test that needs it."""
        try:
            if url := os.environ.get("OMNICLOUD_URL"):
                self._fleet = running_fleet(url.rstrip("/"))
            else:
                self._fleet, self._down = start_fleet()
        except FleetUnavailable as error:
            self._failure = str(error)

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
        """Take the fleet down if it is ours."""
        if self._down is not None:
            self._down()
        self._fleet = self._down = None


_live = LiveFleet()


@pytest.fixture(scope="session")
def fleet() -> FleetControl:
    """The fleet under test."""
    return _live.get()


def place_of(item: pytest.Item) -> tuple[str, set[str]]:
    """A test's category and services, from its folder and its `services` markers."""
    parts = item.path.resolve().relative_to(HERE).parts
    named = {str(name) for marker in item.iter_markers("services") for name in marker.args}
    return parts[0], named | (SERVICES & set(parts[1:-1]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its category, and write category and services where reports carry them."""
    for item in items:
        category, services = place_of(item)
        if category not in CATEGORIES:
            raise pytest.UsageError(f"{item.nodeid} lies in none of the folders {', '.join(CATEGORIES)}")
        item.add_marker(category)
        item.user_properties += [("category", category), ("services", ",".join(sorted(services)))]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the fleet before the first test, so that no test's time limit pays for it. Unit tests need none."""
    if not session.config.option.collectonly and any(place_of(item)[0] != "unit" for item in session.items):
        _live.start()


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
