"""A fleet for the length of a block."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment.fleet.client import FleetClient, start_daemon
from environment.fleet.daemon import Order
from environment.fleet.errors import FleetError
from environment.fleet.leftovers import clear
from environment.fleet.project import FleetPaths


@contextmanager
def standing(root: Path) -> Iterator[FleetPaths]:
    """A fleet of the project at `root`, with everything healthy. Raises FleetError when it doesn't come up."""
    paths = FleetPaths(root, f"bench-{os.getpid()}")
    start_daemon(Order(str(root), paths.name, ports="auto", owner=os.getpid()))
    try:
        summary = next(event for event in FleetClient(paths).events() if event["event"] == "settled")
        if not summary["ok"]:
            raise FleetError(f"not everything came up: {', '.join(summary['broken'])}", "See `omnicloud up`.")
        yield paths
    finally:
        client = FleetClient(paths)
        client.request("down")
        client.wait_for_end()
        clear(paths)
