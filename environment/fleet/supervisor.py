"""Starts the services of a plan as their conditions come true, watches them, and ends them.

Event driven: every change of a state wakes whoever waits for it. Nothing is started in waves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from environment.fleet import health
from environment.fleet.compose.graph import unknown
from environment.fleet.errors import FleetError
from environment.fleet.launcher import Launcher, room_of, service_user
from environment.fleet.logs import last_lines, trim
from environment.fleet.patience import patience
from environment.fleet.plan import Plan
from environment.fleet.processes import descendants, kill, kill_group, memory_bytes
from environment.fleet.templates.boot import NOTE, TemplateBoot
from environment.fleet.unit import ALIVE, BROKEN, State, Unit
from environment.fleet.zygote_client import ZygoteClient

REASON_LINES = 12
"""Log lines quoted when a service fails: enough for the end of a traceback."""
STOP_GRACE_SECONDS = 2.0
"""For services when the fleet goes down: their data goes with it."""
LOG_CHECK_SECONDS = 5.0
JOB_LIMIT_SECONDS = 60.0
"""For a one-shot job; the longest, the migrations, take a few seconds."""

Listener = Callable[[dict[str, Any]], None]


class Supervisor:
    """The running fleet. Everything happens on one event loop; launches of servers run in a thread."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.units: dict[str, Unit] = {}
        self.zygote = ZygoteClient(self._on_exit, self._on_zygote_loss)
        # What becomes of a template's data is the same whoever runs the services afterwards.
        self.room = room_of(plan)
        self.templates = TemplateBoot(plan, None if self.room else service_user())
        self.launcher = Launcher(plan, self.zygote, self.templates, self.room)
        self.started_at = time.monotonic()
        self.boot_seconds: float | None = None
        self.listeners: set[Listener] = set()
        self.down = asyncio.Event()
        self._by_pid: dict[int, Unit] = {}
        self._aside: dict[int, asyncio.Future[int]] = {}
        """Processes that are no service (health checks), and who waits for their exit codes."""
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False
        for name in plan.chosen:
            self._add(name)

    # ------------------------------------------------------------------ start

    def begin(self) -> None:
        """Start everything that the plan chose."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self.down.set)
        self.zygote.start(self.plan.paths.log("zygote"), self.plan.paths.root, self.room)
        self.spawn_task(self.templates.prepare())
        self.spawn_task(self.launcher.prepare_nursery())
        for unit in self.units.values():
            self.spawn_task(self._start_when_ready(unit))
        self.spawn_task(self._watch_boot())
        self.spawn_task(self._cap_logs())

    def _add(self, name: str) -> Unit:
        service = self.plan.service(name)
        unit = Unit(service, self.plan.compose.is_job(name), self.plan.address(name))
        self.units[name] = unit
        return unit

    async def _start_when_ready(self, unit: Unit) -> None:
        """Wait for the conditions, then start; block when one of them cannot come about."""
        while True:
            changed = self._changed
            waits = unit.service.depends_on.items()
            for name, condition in waits:
                if obstacle := self.units[name].rules_out(condition):
                    self.set_state(unit, State.BLOCKED, obstacle)
                    return
            if all(self.units[name].satisfies(condition) for name, condition in waits):
                break
            await changed.wait()
        if unit.service.built:
            await self.templates.data_is_there()
        if unit.service.built and not unit.job:
            await self.templates.may_start()
        if self.templates.did(unit.name):
            unit.exit_code, unit.settled_after, unit.notes = 0, 0.0, NOTE
            self.set_state(unit, State.COMPLETED)
        else:
            await self.start_process(unit)

    async def start_process(self, unit: Unit) -> None:
        """Start a unit's process now. What prevents it becomes the unit's state and reason."""
        unit.ended = asyncio.Event()
        unit.exit_code, unit.settled_after, unit.overdue = None, None, ""
        unit.starts += 1
        unit.notes = ""
        unit.started_at = time.monotonic()
        self.set_state(unit, State.STARTING)
        try:
            pid = await self.launcher.start(unit)
        except (FleetError, OSError) as error:
            unit.ended.set()
            self.set_state(unit, State.FAILED, str(error))
            return
        unit.pid = pid
        if pid is not None:
            self._by_pid[pid] = unit
        if unit.job:
            self.spawn_task(self._limit_job(unit, unit.starts))
        if unit.job or unit.service.healthcheck is None:
            self.set_state(unit, State.RUNNING)
        else:
            self.watch_health(unit)

    async def run_aside(
        self, name: str, command: list[str], env: dict[str, str], log: Path
    ) -> tuple[int, asyncio.Future[int]]:
        """Start a process that is no service (a health check); its pid, and its exit code to wait for."""
        pid = await self.launcher.spawn(name, command, env, log)
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._aside[pid] = ended
        return pid, ended

    async def _limit_job(self, unit: Unit, start: int) -> None:
        """A job that hangs must not keep the fleet from ending its start."""
        limit = JOB_LIMIT_SECONDS * patience()
        try:
            await asyncio.wait_for(unit.ended.wait(), limit)
        except TimeoutError:
            if unit.starts == start and unit.pid is not None:
                unit.overdue = f"did not end within {limit:g} s"
                kill_group(unit.pid, signal.SIGKILL)

    def watch_health(self, unit: Unit) -> None:
        """Begin the health checks of a unit anew, with its full start period."""
        if unit.health is not None:
            unit.health.cancel()
        unit.healthy_once, unit.checked_since = False, time.monotonic()
        unit.health = self.spawn_task(health.watch(self, unit))

    async def _watch_boot(self) -> None:
        """Tell the listeners once nothing more can change."""
        while not all(unit.settled for unit in self.units.values()):
            await self._changed.wait()
        self.boot_seconds = round(time.monotonic() - self.started_at, 3)
        self.publish({"event": "settled", **self.summary()})

    # ------------------------------------------------------------------ changes

    def set_state(self, unit: Unit, state: State, reason: str = "") -> None:
        """Change a state and wake everyone who waits for a change."""
        if self._stopping or (unit.state is state and unit.reason == reason):
            return
        unit.state, unit.reason = state, reason
        if state in (State.HEALTHY, State.RUNNING) and not unit.job:
            unit.was_up = True
        if state in (State.HEALTHY, State.COMPLETED) and unit.settled_after is None:
            unit.settled_after = time.monotonic() - unit.started_at
        previous, self._changed = self._changed, asyncio.Event()
        previous.set()
        if self.templates.recording:
            self._tell_templates()
        self.publish({"event": "state", "service": self.describe(unit)})

    def _tell_templates(self) -> None:
        """Once every job has ended, a template may be made."""
        jobs = [self.units[name] for name in self.templates.jobs]
        if all(unit.settled for unit in jobs):
            well = all(unit.state is State.COMPLETED for unit in jobs)
            pids = {name: self.units[name].pid for name in self.templates.servers}
            self.templates.jobs_ended(well, {name: pid for name, pid in pids.items() if pid is not None})

    async def next_change(self) -> None:
        """Returns after the next change of any state."""
        await self._changed.wait()

    def publish(self, message: dict[str, Any]) -> None:
        """Send to everyone who watches the fleet."""
        for listener in list(self.listeners):
            listener(message)

    def _reap(self) -> None:
        """Processes that this one started, and orphans that it adopted."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid != self.zygote.pid:
                self.zygote.unguard(pid)
                self._on_exit(pid, os.waitstatus_to_exitcode(status))

    def _on_exit(self, pid: int, code: int) -> None:
        if (aside := self._aside.pop(pid, None)) is not None and not aside.done():
            aside.set_result(code)
        unit = self._by_pid.pop(pid, None)
        if unit is None:
            return
        kill_group(pid, signal.SIGKILL)
        if unit.health is not None:
            unit.health.cancel()
        unit.pid, unit.exit_code = None, code
        unit.ended.set()
        if unit.state is State.STOPPED:
            return
        if code == 0 and (unit.job or unit.service.healthcheck is None):
            self.set_state(unit, State.COMPLETED)
            return
        lines = last_lines(self.plan.paths.log(unit.name), REASON_LINES)
        manner = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        if unit.job and unit.overdue:
            manner = unit.overdue
        last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
        self.set_state(unit, State.FAILED if unit.job else State.EXITED, "\n".join([f"{manner}: {last}", *lines]))
        for other in self.units.values():
            if other.shares_with == unit.name and other.state in ALIVE:
                self.set_state(other, State.EXITED, f"its process is {unit.name}'s, which ended")

    def _on_zygote_loss(self) -> None:
        """Without the zygote no Python service lives or can start: end the rest, too."""
        if not self._stopping:
            self.publish({"event": "lost", "reason": "the zygote died"})
            self.down.set()

    # ------------------------------------------------------------------ facts

    def unit(self, name: str) -> Unit:
        """The unit of a service of this fleet. Raises UnknownService."""
        if name not in self.units:
            raise unknown(name, self.units)
        return self.units[name]

    def process_unit(self, name: str) -> Unit:
        """The unit whose process provides `name`: itself, or the one it shares a process with."""
        unit = self.unit(name)
        return self.units[unit.shares_with] if unit.shares_with else unit

    def describe(self, unit: Unit) -> dict[str, Any]:
        """A unit's stable form, with what it waits for while it has not started."""
        if unit.state not in (State.WAITING, State.BLOCKED):
            return unit.as_json()
        waits = unit.service.depends_on.items()
        return unit.as_json([name for name, condition in waits if not self.units[name].satisfies(condition)])

    def describe_all(self) -> list[dict[str, Any]]:
        """Every unit's stable form, in the fleet's order."""
        return [self.describe(unit) for unit in self.units.values()]

    def summary(self) -> dict[str, Any]:
        """What `status --json` shows."""
        broken = [unit.name for unit in self.units.values() if unit.state in BROKEN]
        return {
            "name": self.plan.paths.name,
            "project": str(self.plan.paths.project),
            "ok": not broken and all(unit.settled for unit in self.units.values()),
            "settled": all(unit.settled for unit in self.units.values()),
            "broken": broken,
            "boot_seconds": self.boot_seconds,
            "zygote_import_seconds": self.zygote.import_seconds,
            "from_template": self.templates.used,
            "nursery_trouble": self.launcher.nursery_trouble,
            "memory_bytes": memory_bytes([os.getpid(), *descendants(os.getpid())]),
            "patience": patience(),
            "services": self.describe_all(),
        }

    def spawn_task(self, coroutine: Any) -> asyncio.Task[Any]:
        """A task whose failure is the supervisor's failure, never silent."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler({"message": "a task failed", "exception": error})
            self.publish({"event": "lost", "reason": f"internal error: {error!r}; see supervisor.log"})
            self.down.set()

    async def _cap_logs(self) -> None:
        folder: Path = self.plan.paths.logs
        while True:
            await asyncio.sleep(LOG_CHECK_SECONDS)
            for log in folder.glob("*.log"):
                trim(log)

    # ------------------------------------------------------------------ end

    async def end(self) -> None:
        """Stop everything: the platform first, then the servers it used, then whatever is left."""
        self._stopping = True
        for task in list(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()
        await self.templates.end()
        platform = [unit for unit in self.units.values() if unit.service.built]
        servers = [unit for unit in self.units.values() if not unit.service.built]
        await self._end_all(platform)
        await self._end_all(servers)
        self.zygote.close()
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        while (left := descendants(os.getpid())) and time.monotonic() < deadline:
            for pid in left:
                if pid != self.zygote.pid:
                    kill(pid)
            await asyncio.sleep(0.02)
        for pid in left:
            kill(pid)

    async def _end_all(self, units: list[Unit]) -> None:
        waiting = []
        for unit in units:
            if unit.pid is not None:
                kill_group(unit.pid, signal.SIGCONT)
                kill_group(unit.pid, self.launcher.stop_signal(unit))
                waiting.append(asyncio.create_task(unit.ended.wait()))
        if waiting:
            await asyncio.wait(waiting, timeout=STOP_GRACE_SECONDS)
        for unit in units:
            if unit.pid is not None:
                kill_group(unit.pid, signal.SIGKILL)
