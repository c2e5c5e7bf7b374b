"""The health checks of a running fleet: quick while a service starts, at the compose interval afterwards."""

from __future__ import annotations

import asyncio
import shlex
import signal
import time
from pathlib import Path
from typing import Protocol

from environment.fleet.compose import HealthCheck
from environment.fleet.launcher import Launcher
from environment.fleet.logs import last_lines
from environment.fleet.patience import patience
from environment.fleet.plan import Plan
from environment.fleet.probes import Verdict, http_verdict, url_of
from environment.fleet.processes import kill_group
from environment.fleet.unit import State, Unit

QUICK_SECONDS = 0.1
"""Between two checks over HTTP or a server's own probe while a service starts."""
QUICK_COMMAND_SECONDS = 0.5
"""The same for a check that is a program of its own."""

LOG_LINES = 12
"""Quoted of a service that does not become healthy."""

START_PERIOD_SECONDS = 15.0
"""More of a start period than this is for containers, which start an interpreter each: processes here are forked."""


class CheckedFleet(Protocol):
    """What a health check needs of the fleet that its service belongs to."""

    plan: Plan
    launcher: Launcher

    def set_state(self, unit: Unit, state: State, reason: str = "") -> None:
        """Change a unit's state and wake everyone who waits for a change."""

    async def run_aside(
        self, name: str, command: list[str], env: dict[str, str], log: Path
    ) -> tuple[int, asyncio.Future[int]]:
        """Start a process that is no service; its pid, and its exit code to wait for."""


async def watch(fleet: CheckedFleet, unit: Unit) -> None:
    """Check until cancelled; sets HEALTHY and UNHEALTHY by the rules of compose.

    Failures within the start period (15 s of it at most) don't count; after it, `retries` failures in a row (at
    `interval`) make it unhealthy. A later success makes it healthy again.
    """
    check = unit.service.healthcheck
    assert check is not None
    limit = (min(check.start_period, START_PERIOD_SECONDS) + check.retries * check.interval) * patience()
    failures = 0
    while True:
        unit.poke.clear()
        verdict = await ask(fleet, unit, check)
        if verdict.healthy:
            failures = 0
            unit.healthy_once, unit.overdue = True, ""
            fleet.set_state(unit, State.HEALTHY)
        elif unit.healthy_once:
            failures += 1
            if failures >= check.retries:
                fleet.set_state(unit, State.UNHEALTHY, verdict.detail)
        elif time.monotonic() - unit.checked_since > limit and unit.state is not State.UNHEALTHY:
            lines = last_lines(fleet.plan.paths.log(unit.name), LOG_LINES)
            unit.overdue = f"not healthy within {limit:g} s"
            fleet.set_state(unit, State.UNHEALTHY, "\n".join([verdict.detail, *lines]))
        settled = unit.healthy_once or unit.state is State.UNHEALTHY
        quick = QUICK_COMMAND_SECONDS if _is_command(unit) else QUICK_SECONDS
        await _pause(unit, check.interval if settled else quick)


async def _pause(unit: Unit, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await unit.poke.wait()
    except TimeoutError:
        return


def _is_command(unit: Unit) -> bool:
    check = unit.service.healthcheck
    return unit.service.built and check is not None and url_of(check.test) is None


async def ask(fleet: CheckedFleet, unit: Unit, check: HealthCheck) -> Verdict:
    """One check: a server's own probe, a GET, or the command itself."""
    launch = fleet.launcher.launches.get(unit.name)
    if launch is not None:
        ready = await asyncio.to_thread(launch.ready)
        return Verdict(ready, "" if ready else f"{unit.name} does not answer on {unit.address}")
    words = tuple(fleet.plan.rewriter.text(word, unit.service) for word in check.test)
    if (url := url_of(words)) is not None:
        return await http_verdict(url, check.timeout)
    return await _command_verdict(fleet, unit, words, check.timeout)


async def _command_verdict(fleet: CheckedFleet, unit: Unit, words: tuple[str, ...], timeout: float) -> Verdict:
    """Run the check's command in the service's environment, forked from the zygote when it is `python -m`."""
    argv = list(words[1:]) if words[0] == "CMD" else ["/bin/sh", "-c", words[1]]
    log = fleet.plan.paths.log(f"{unit.name}.health")
    log.unlink(missing_ok=True)
    env = fleet.plan.environment(unit.name)
    pid, ended = await fleet.run_aside(f"{unit.name}-hc", argv, env, log)
    try:
        code = await asyncio.wait_for(ended, timeout)
    except TimeoutError:
        return Verdict(False, f"{shlex.join(argv)} did not end within {timeout:g} s")
    finally:
        if ended.cancelled() or not ended.done():
            kill_group(pid, signal.SIGKILL)
    if code == 0:
        return Verdict(True)
    return Verdict(False, "\n".join([f"{shlex.join(argv)} ended with status {code}", *last_lines(log, 4)]))
