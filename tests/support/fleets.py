"""Which fleet the tests run against: the one that OMNICLOUD_URL names, else a local one of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.support.containers.engine import Engine
from tests.support.containers.fleet import ContainerFleet
from tests.support.fleet import FleetControl, FleetUnavailable
from tests.support.local_fleet import LocalFleet

ROOT = Path(__file__).resolve().parents[2]
SPANS = {"OTEL_TRACES_EXPORTER": "console", "OTEL_TRACES_SAMPLER": "parentbased_always_off"}
"""Services print the spans of those requests whose caller asks for it, and of no others."""
UP_TIMEOUT_SECONDS = 300
"""The start ends by itself when nothing more can change; this only bounds a runner that hangs."""


def running_fleet(url: str) -> FleetControl:
    """The fleet that answers at `url`: a local one by its state file, one in containers, else one somewhere else.

    Raises FleetUnavailable when the container engine refuses to be asked.
    """
    for state_file in sorted((ROOT / ".omnicloud").glob("*/fleet.json")):
        state = json.loads(state_file.read_text())
        if os.environ.get("OMNICLOUD_CONTROL") == state["control"] or _same(state["url"], url):
            return LocalFleet(url, state["ports"], state["control"])
    if control := os.environ.get("OMNICLOUD_CONTROL"):
        return LocalFleet(url, _published_ports(), control)
    engine = Engine.here()
    if engine is not None and (containers := engine.containers_of(_project())):
        inside = urlsplit(url).hostname in containers
        return ContainerFleet(url=url, ports=_published_ports(), engine=engine, project=_project(), inside=inside)
    return FleetControl(url, _published_ports())


def start_fleet(ahead: float) -> tuple[FleetControl, Callable[[], None]]:
    """A fleet of our own on free ports, and how to take it down; it goes down, too, when this process dies.

    Its services' clock is `ahead` seconds ahead of the machine's before the first of them starts.

    Broken services don't prevent it: their tests fail. Raises FleetUnavailable when it could not be started at all.
    """
    name = f"pytest-{os.getpid()}"
    cli = [sys.executable, "-m", "environment.cli"]
    where = ["--workspace", str(ROOT), "--name", name]
    finished = subprocess.run(
        [*cli, "up", *where, "--ports", "auto", "--owner", str(os.getpid()), "--clock-offset", str(ahead)],
        cwd=ROOT,
        env={**SPANS, **os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=UP_TIMEOUT_SECONDS,
        check=False,
    )
    state_file = ROOT / ".omnicloud" / name / "fleet.json"
    if not state_file.is_file():
        raise FleetUnavailable(f"the fleet did not start:\n{finished.stdout[-4000:]}{finished.stderr[-4000:]}".rstrip())
    state = json.loads(state_file.read_text())

    def down() -> None:
        subprocess.run([*cli, "down", *where], cwd=ROOT, capture_output=True, timeout=60, check=False)

    return LocalFleet(state["url"], state["ports"], state["control"]), down


def _same(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    loopback = {"localhost", "127.0.0.1", "0.0.0.0"}
    hosts = {first.hostname, second.hostname}
    return first.port == second.port and (len(hosts) == 1 or hosts <= loopback)


def _project() -> str:
    """The compose project's name."""
    return os.environ.get("COMPOSE_PROJECT_NAME") or str(_compose_file()["name"])


def _compose_file() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def _published_ports() -> dict[str, int]:
    """Host ports of the compose file, for a fleet in containers on this machine."""
    ports: dict[str, int] = {}
    for name, service in _compose_file()["services"].items():
        for entry in service.get("ports", ()):
            host, _, container = str(entry).rpartition(":")
            if host:
                published = int(host.rpartition(":")[2])
                ports[f"{name}:{container}"] = published
                ports.update({f"{name}:{port}": published for port in service.get("expose", ())})
    return ports
