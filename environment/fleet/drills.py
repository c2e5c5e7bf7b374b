"""What people and chaos tests do to a running fleet: kill, stop, start, restart, pause, resume, step the clock."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from environment.fleet.errors import FleetError
from environment.fleet.launcher import CLOCK_VOLUME
from environment.fleet.patience import VARIABLE
from environment.fleet.processes import kill_group
from environment.fleet.project import FleetPaths
from environment.fleet.servers import ServerError
from environment.fleet.servers.kafka import CONTROL
from environment.fleet.servers.kafka_mock.control import command
from environment.fleet.supervisor import Supervisor
from environment.fleet.unit import ALIVE, State, Unit

TRANSLATIONS = "translations"
"""The prober's destination NAT, beside the clock: what the operator tells the services while they run."""
_UP = frozenset({State.HEALTHY, State.RUNNING, State.COMPLETED})


async def kill(supervisor: Supervisor, name: str) -> None:
    """SIGKILL to the whole process group, as a crash of the machine would; returns when it is gone."""
    unit = _with_process(supervisor, name)
    await _end(supervisor, unit, signal.SIGKILL, "killed by request")


async def stop(supervisor: Supervisor, name: str) -> None:
    """End it as `docker stop` does: its stop signal, and SIGKILL after the grace period."""
    unit = _with_process(supervisor, name)
    await _end(supervisor, unit, supervisor.launcher.stop_signal(unit), "stopped by request")


async def start(supervisor: Supervisor, name: str) -> None:
    """Start it now, whatever state its dependencies are in; nothing happens when it runs already."""
    unit = supervisor.process_unit(name)
    if unit.pid is None:
        await supervisor.start_process(unit)
        await _start_sharers(supervisor, unit)


async def restart(supervisor: Supervisor, name: str) -> None:
    """Stop it when it runs, then start it: a forked service reads its code anew."""
    unit = supervisor.process_unit(name)
    if unit.pid is not None:
        await stop(supervisor, name)
    await start(supervisor, name)


def pause(supervisor: Supervisor, name: str) -> None:
    """SIGSTOP: connections stay open and nothing answers."""
    unit = _with_process(supervisor, name)
    if unit.state is State.PAUSED:
        return
    _signal(unit, signal.SIGSTOP)
    for member in _members(supervisor, unit):
        if member.health is not None:
            member.health.cancel()
        supervisor.set_state(member, State.PAUSED)


def resume(supervisor: Supervisor, name: str) -> None:
    """SIGCONT; its health is asked anew."""
    unit = _with_process(supervisor, name)
    _signal(unit, signal.SIGCONT)
    for member in _members(supervisor, unit):
        if member.state is State.PAUSED:
            _watch_anew(supervisor, member)


async def wait_healthy(supervisor: Supervisor, name: str, timeout: float) -> None:
    """Returns when a check that began after the call found it healthy. Raises FleetError when that doesn't come true.

    A service without health check never becomes healthy.
    """
    unit = supervisor.unit(name)
    if unit.service.healthcheck is None:
        raise FleetError(f"{name} has no health check, so it cannot become healthy", "Give it a `healthcheck:`.")
    if unit.state in (State.HEALTHY, State.UNHEALTHY, State.STARTING):
        _watch_anew(supervisor, unit)
    try:
        async with asyncio.timeout(timeout):
            while unit.state is not State.HEALTHY:
                if unit.state in (State.EXITED, State.FAILED, State.BLOCKED):
                    raise FleetError(f"{name} {unit.describe()}", f"See `omnicloud logs {name}`.")
                await supervisor.next_change()
    except TimeoutError:
        raise FleetError(
            f"{name} did not become healthy within {timeout:g} s: it {unit.describe()}",
            f"See `omnicloud logs {name}`. On a busy machine, start the fleet with {VARIABLE}=3.",
        ) from None


def step_clock(paths: FleetPaths, seconds: float) -> None:
    """Let every service that mounts the clock volume see a wall clock `seconds` ahead of (or behind) the machine's.

    Also before the first service starts: it never sees another time then.
    """
    clock = _clock_file(paths)
    clock.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and moved: nobody reads a half-written number.
    fresh = clock.with_suffix(".new")
    fresh.write_text(f"{seconds}\n")
    fresh.replace(clock)


def clock_offset(paths: FleetPaths) -> float:
    """The seconds by which the services' clock is ahead of the machine's now."""
    clock = _clock_file(paths)
    return float(clock.read_text()) if clock.is_file() else 0.0


def translate(paths: FleetPaths, address: str, reached: str) -> None:
    """Let the health prober reach an address, one that a tenant may name, at another one; empty ends it."""
    file = paths.volumes / CLOCK_VOLUME / TRANSLATIONS
    known = dict(line.split(" ", 1) for line in file.read_text().splitlines()) if file.is_file() else {}
    known.pop(address, None)
    if reached:
        known[address] = reached
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text("".join(f"{known_as} {at}\n" for known_as, at in known.items()))
    fresh.replace(file)


def _clock_file(paths: FleetPaths) -> Path:
    return paths.volumes / CLOCK_VOLUME / "clock"


async def event_bus(supervisor: Supervisor, text: str) -> None:
    """Have the local event bus carry out a command of `kafka_mock.control`. Raises FleetError."""
    context = next((context for name, context in supervisor.plan.contexts.items() if name == "kafka"), None)
    if context is None:
        raise FleetError("this fleet has no event bus", "Start it with a service that depends on kafka.")
    try:
        await asyncio.to_thread(command, context.extra_port(CONTROL), text)
    except ServerError as error:
        raise FleetError(f"kafka: {error}", "See `omnicloud logs kafka`.") from error


async def repair(supervisor: Supervisor, timeout: float) -> list[str]:
    """Resume and start whatever was up once and is not now, servers first; returns their names once all are healthy.

    Raises FleetError for the first that does not come back.
    """
    damaged = [unit for unit in supervisor.units.values() if unit.was_up and unit.state not in _UP]
    damaged.sort(key=lambda unit: unit.service.built)
    for unit in damaged:
        if unit.state is State.PAUSED:
            resume(supervisor, unit.name)
        elif supervisor.process_unit(unit.name).pid is None:
            await start(supervisor, unit.name)
    for unit in damaged:
        if unit.service.healthcheck is not None:
            await wait_healthy(supervisor, unit.name, timeout)
    return [unit.name for unit in damaged]


def _members(supervisor: Supervisor, unit: Unit) -> list[Unit]:
    """The unit and those that share its process."""
    return [unit, *(other for other in supervisor.units.values() if other.shares_with == unit.name)]


def _with_process(supervisor: Supervisor, name: str) -> Unit:
    unit = supervisor.process_unit(name)
    if unit.pid is None:
        raise FleetError(f"{name} is not running: it {unit.describe()}", f"Start it with `omnicloud restart {name}`.")
    return unit


def _signal(unit: Unit, number: signal.Signals) -> None:
    assert unit.pid is not None
    kill_group(unit.pid, number)


async def _end(supervisor: Supervisor, unit: Unit, number: signal.Signals, reason: str) -> None:
    members = _members(supervisor, unit)
    for member in members:
        if member.health is not None:
            member.health.cancel()
        supervisor.set_state(member, State.STOPPED, reason)
    _signal(unit, number)
    _signal(unit, signal.SIGCONT)
    try:
        async with asyncio.timeout(unit.service.stop_grace):
            await unit.ended.wait()
    except TimeoutError:
        _signal(unit, signal.SIGKILL)
        await unit.ended.wait()


async def _start_sharers(supervisor: Supervisor, unit: Unit) -> None:
    for member in _members(supervisor, unit)[1:]:
        if member.state not in ALIVE:
            await supervisor.start_process(member)


def _watch_anew(supervisor: Supervisor, unit: Unit) -> None:
    if unit.service.healthcheck is None:
        supervisor.set_state(unit, State.RUNNING)
        return
    supervisor.set_state(unit, State.STARTING)
    supervisor.watch_health(unit)
