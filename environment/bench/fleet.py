"""What a fleet costs: seconds and CPU seconds of its start, memory, and what it takes of a core when nobody asks it.

Everything is read from /proc of all of the fleet's processes, servers included. Children that have ended are counted by
the parent that waited for them. Nothing is printed.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environment.fleet.client import FleetClient, start_daemon
from environment.fleet.daemon import Order
from environment.fleet.keeping import VARIABLE
from environment.fleet.processes import descendants, memory_bytes
from environment.fleet.project import FleetPaths

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 2**20


class BenchFailed(Exception):
    """A fleet that is to be measured didn't start."""


@dataclass(frozen=True)
class Boot:
    """One start, until every service was healthy or completed."""

    seconds: float
    """Of wall time, from the order to the last state."""
    cpu_seconds: float
    """Of all processes, those that ended during the start included."""
    mib: float
    """Proportional set size of all processes right after the start."""
    from_template: bool
    nursery_trouble: str
    """Why services didn't share what they import first; empty when they did."""
    cpu_by_process: Mapping[str, float] = field(default_factory=dict)
    """By service, server or program name."""
    mib_by_process: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Idle:
    """What a fleet took while nobody asked it anything."""

    seconds: float
    share: float
    """Of one core."""
    share_by_process: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FleetBench:
    """A cold start (no template) and a warm one of the same project, and the warm one's idleness."""

    cold: Boot
    warm: Boot
    idle: Idle


def measure(project: Path, idle_seconds: float = 20.0, settle_seconds: float = 10.0) -> FleetBench:
    """Measure with a template cache of its own, so that the machine's makes no difference.

    `settle_seconds` pass between the start and the look at idleness. Raises BenchFailed, FleetError.
    """
    with tempfile.TemporaryDirectory(prefix="omnicloud-bench-") as cache:
        with _settings({"XDG_CACHE_HOME": cache, VARIABLE: "write"}):
            with booted(project):  # makes the database cluster that every fleet copies, and the template
                _await_template(Path(cache))
        with _settings({"XDG_CACHE_HOME": cache, VARIABLE: "off"}), booted(project) as (_, cold):
            pass
        with _settings({"XDG_CACHE_HOME": cache, VARIABLE: "read"}), booted(project) as (supervisor, warm):
            time.sleep(settle_seconds)
            idle = watch_idle(supervisor, idle_seconds)
    return FleetBench(cold, warm, idle)


@contextmanager
def booted(project: Path) -> Iterator[tuple[int, Boot]]:
    """A running fleet on ports of its own: its supervisor's pid and what its start cost. Ends with the block.

    Raises BenchFailed when a service didn't come up.
    """
    name = f"bench-{os.getpid()}-{time.monotonic_ns()}"
    paths = FleetPaths(project.resolve(), name)
    began = time.monotonic()
    start_daemon(Order(str(paths.project), name, ports="auto", owner=os.getpid()))
    client = FleetClient(paths)
    try:
        summary = next(event for event in client.events() if event["event"] in ("settled", "lost"))
        seconds = time.monotonic() - began
        if not summary.get("ok"):
            raise BenchFailed(f"the fleet didn't start: {summary.get('broken') or summary.get('reason')}")
        supervisor = client.supervisor_pid()
        yield supervisor, _boot(summary, supervisor, seconds)
    finally:
        client.close()
        _take_down(paths)


def watch_idle(supervisor: int, seconds: float) -> Idle:
    """Watch a fleet for some seconds. A process that ends meanwhile is counted as far as its parent waited for it."""
    before, began = _cpu(supervisor), time.monotonic()
    time.sleep(seconds)
    after, passed = _cpu(supervisor), time.monotonic() - began
    shares: dict[str, float] = {}
    for pid, (name, used) in after.items():
        spent = used - before.get(pid, (name, 0.0))[1]
        shares[name] = shares.get(name, 0.0) + spent / passed
    return Idle(passed, sum(shares.values()), shares)


def _boot(summary: Mapping[str, Any], supervisor: int, seconds: float) -> Boot:
    names = {service["pid"]: service["name"] for service in summary["services"] if service["pid"]}
    cpu: dict[str, float] = {}
    memory: dict[str, float] = {}
    for pid, (program, used) in _cpu(supervisor).items():
        name = names.get(pid, program)
        cpu[name] = cpu.get(name, 0.0) + used
        memory[name] = memory.get(name, 0.0) + memory_bytes([pid]) / MIB
    used_template, trouble = bool(summary["from_template"]), str(summary["nursery_trouble"])
    return Boot(seconds, sum(cpu.values()), sum(memory.values()), used_template, trouble, cpu, memory)


def _cpu(supervisor: int) -> dict[int, tuple[str, float]]:
    """Name and CPU seconds of every process of the fleet, with those of the children that each has waited for."""
    found = {}
    for pid in (supervisor, *descendants(supervisor)):
        try:
            head, _, tail = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        except OSError:
            continue
        fields = tail.split()
        found[pid] = (head.partition("(")[2], sum(int(ticks) for ticks in fields[11:15]) / TICKS)
    return found


def _take_down(paths: FleetPaths) -> None:
    client = FleetClient(paths)
    client.request("down")
    client.wait_for_end()
    client.close()


def _await_template(cache: Path) -> None:
    """The template is finished some time after the start that made it."""
    deadline = time.monotonic() + 30
    while not list(cache.rglob("manifest.json")):
        if time.monotonic() > deadline:
            raise BenchFailed("the fleet made no template; see its supervisor.log")
        time.sleep(0.1)


@contextmanager
def _settings(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables within the block: a supervisor inherits them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
