"""A buggy workspace with its fleet running, for the length of a scenario's play."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from environment.bugs.catalogue import Bug
from environment.fleet.client import FleetClient, start_daemon
from environment.fleet.daemon import Order
from environment.fleet.errors import FleetError
from environment.fleet.leftovers import clear
from environment.fleet.project import FleetPaths
from environment.symptoms.scenarios.documents import ScenarioError
from environment.workspace.reference import Reference, write_tree

NAME = "scenario"


@dataclass(frozen=True)
class Stage:
    """Where a play is played: the gateway's URL, the ports by `name:port` of the compose file, the control socket.

    `ahead` is by how many seconds the services' clock is ahead of the machine's: an incident has a date of its own.
    """

    url: str
    ports: dict[str, int]
    control: str
    ahead: float


@contextmanager
def staged(reference: Reference, bugs: Sequence[Bug], at: datetime) -> Iterator[Stage]:
    """The reference with these bugs, running as processes on free ports from a moment on; removed afterwards.

    Raises ScenarioError when a service doesn't come up: then something else than the scenario's bugs is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="oc-") as name:
        folder = Path(name) / "tree"
        write_tree(reference.with_bugs(bugs), folder)
        paths = FleetPaths(folder, NAME)
        ahead = (at - datetime.now(UTC)).total_seconds()
        start_daemon(Order(str(folder), NAME, [], "auto", os.getpid(), ahead))
        try:
            _wait_until_settled(paths)
            state = json.loads(paths.state.read_text())
            yield Stage(state["url"], state["ports"], state["control"], ahead)
        finally:
            _take_down(paths)


def _wait_until_settled(paths: FleetPaths) -> None:
    client = FleetClient(paths)
    try:
        for event in client.events():
            if event["event"] == "lost":
                raise ScenarioError(f"the fleet broke down: {event['reason']}")
            if event["event"] == "settled":
                bad = [each["name"] for each in event["services"] if each["state"] in ("failed", "exited", "unhealthy")]
                if bad:
                    raise ScenarioError(f"the scenario's fleet doesn't come up: {', '.join(bad)}")
                return
    finally:
        client.close()
    raise ScenarioError("the fleet's supervisor died while it started")


def _take_down(paths: FleetPaths) -> None:
    with suppress(FleetError):
        client = FleetClient(paths)
        client.request("down")
        client.wait_for_end()
        client.close()
    clear(paths)
