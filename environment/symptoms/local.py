"""Observes a workspace as local processes."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from environment.causes import one_line
from environment.fleet.client import FleetClient, start_daemon
from environment.fleet.daemon import Order
from environment.fleet.errors import FleetError
from environment.fleet.leftovers import clear
from environment.fleet.project import FleetPaths
from environment.symptoms import probes
from environment.symptoms.observation import NO_CHECK, Observation, Trouble

NAME = "symptoms"


def observe(folder: Path, tests: Sequence[str]) -> Observation:
    """Start the workspace's fleet on ports of its own, look, run the tests, take it down.

    A fleet that can't be started at all is a trouble of the compose file's.
    """
    paths, began = FleetPaths(folder, NAME), time.monotonic()
    try:
        start_daemon(Order(str(folder), NAME, [], "auto", os.getpid()))
        client = FleetClient(paths)
    except FleetError as error:
        return Observation({"docker-compose.yml": Trouble("failed", one_line(error.message))})
    try:
        services = _settled(client.events())
        seconds = time.monotonic() - began
        where = {"OMNICLOUD_URL": json.loads(paths.state.read_text())["url"], "OMNICLOUD_CONTROL": paths.control}
        said = probes.run(folder, tests, where)
    finally:
        client.close()
        _take_down(paths)
    troubles = {service["name"]: trouble for service in services if (trouble := _trouble(service))}
    held_back = tuple(sorted(service["name"] for service in services if service["state"] == "blocked"))
    return Observation(troubles, held_back, said, seconds)


def _settled(events: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every service, once nothing changes any more. Raises FleetError when the fleet itself breaks down."""
    for event in events:
        if event["event"] == "settled":
            services: list[dict[str, Any]] = event["services"]
            return services
        if event["event"] == "lost":
            raise FleetError(f"the local fleet broke down: {event['reason']}", "See that memory and disk suffice.")
    raise FleetError("the local fleet's supervisor died while it started", "See that memory and disk suffice.")


def _take_down(paths: FleetPaths) -> None:
    with contextlib.suppress(FleetError):
        client = FleetClient(paths)
        client.request("down")
        client.wait_for_end()
        client.close()
    clear(paths)


def _trouble(service: dict[str, Any]) -> Trouble | None:
    state = service["state"]
    if state in ("failed", "exited", "unhealthy"):
        return Trouble("exited" if state == "failed" else state, one_line(service["reason"]))
    if state == "running" and service["kind"] != "job" and not service["has_health_check"]:
        return Trouble(NO_CHECK, "it runs, and nothing tells whether it serves")
    return None
