"""Starts processes: the platform's forked from the zygote, everything else executed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

from environment.fleet.patience import patience
from environment.fleet.plan import Plan
from environment.fleet.processes import execute
from environment.fleet.servers import Launch
from environment.fleet.servers.programs import without_wrapper
from environment.fleet.templates.boot import TemplateBoot
from environment.fleet.unit import Unit
from environment.fleet.walls.room import Room, temporary, told_room
from environment.fleet.walls.users import give
from environment.fleet.zygote import OUTSIDE
from environment.fleet.zygote_client import ZygoteClient

PYTHON_MODULE = (("python", "-m"), ("python3", "-m"))
CLOCK_VOLUME = "clock"
VOLUMES = "/volumes"
NURSERY_SECONDS = 10.0
"""For imports that take a tenth of that where nothing has been compiled yet."""


class Launcher:
    """Knows how each unit of a plan is started and stopped. Whose process runs is the supervisor's business."""

    def __init__(self, plan: Plan, zygote: ZygoteClient, templates: TemplateBoot, room: Room | None = None) -> None:
        self._plan = plan
        self._room = room
        self._templates = templates
        self._zygote = zygote
        self._given: set[str] = set()
        """Servers whose data is the room's to write by now, and `VOLUMES` once those are."""
        self._nursed = asyncio.Event()
        self._nursery_module = ""
        self.nursery_trouble = ""
        """Why services aren't forked from the nursery; empty when they are, or when there is nothing to share."""
        self.launches: dict[str, Launch] = {}
        """Of the local servers, by service: how the latest start was done."""

    async def start(self, unit: Unit) -> int | None:
        """Start a unit's process; its pid, or None when another unit's process provides it.

        Raises FleetError or OSError when it cannot be started.
        """
        return await (self._start_service(unit) if unit.service.built else self._start_server(unit))

    async def prepare_nursery(self) -> None:
        """Have what most services import first imported once, as soon as the zygote has all libraries."""
        await self._zygote.ready.wait()
        paths = self._plan.paths
        if module := common_module(self._plan):
            self.nursery_trouble = await self._zygote.make_nursery(
                module, cwd=paths.project, log=paths.log("nursery"), user=service_user(self._room),
                timeout=NURSERY_SECONDS * patience(),
            )  # fmt: skip
            self._nursery_module = "" if self.nursery_trouble else module
        self._nursed.set()

    def stop_signal(self, unit: Unit) -> signal.Signals:
        """What asks the unit's process to end in good order."""
        launch = self.launches.get(unit.name)
        return launch.stop_signal if launch else signal.SIGTERM

    async def spawn(
        self, name: str, command: list[str], env: dict[str, str], log: Path, trace: Path | None = None
    ) -> int:
        """Fork `python -m` from the zygote, which has it write down what it reads in `trace`; execute anything else.

        Returns the pid.
        """
        project = self._plan.paths.project
        if tuple(command[:2]) in PYTHON_MODULE and len(command) > 2:
            return await self._zygote.spawn(
                name,
                command[2],
                command[3:],
                env=env,
                cwd=project,
                log=log,
                user=service_user(self._room),
                trace=trace,
                nursery=command[2] == self._nursery_module,
            )
        pid = execute(command, env=env, cwd=project, log=log, end_signal=signal.SIGKILL, room=self._room)
        self._zygote.guard(pid, signal.SIGKILL)
        return pid

    async def _start_service(self, unit: Unit) -> int:
        plan, name = self._plan, unit.name
        plan.rewriter.make_folders(unit.service)
        if VOLUMES not in self._given:
            self._given.add(VOLUMES)
            self._give_volumes()
        if not unit.job:
            # What lives on is forked from the finished zygote: pages that it changes later would be in memory twice.
            await self._nursed.wait()
        trace = self._templates.trace(name)
        return await self.spawn(name, plan.command(name), plan.environment(name), plan.paths.log(name), trace)

    async def _start_server(self, unit: Unit) -> int | None:
        plan, name = self._plan, unit.name
        await self._templates.data_is_there()
        handed_over = name in self._given
        launch = await asyncio.to_thread(plan.launch, name, handed_over)
        self.launches[name] = launch
        unit.notes, unit.shares_with = launch.notes, launch.shares_with
        if not launch.argv:
            return None
        own = plan.paths.data / name
        cwd = launch.cwd or own
        if not handed_over:
            cwd.mkdir(parents=True, exist_ok=True)
        if launch.outside:
            # Before there is anything to remove, so that no crash comes in between.
            with (plan.paths.root / OUTSIDE).open("a") as listed:
                listed.writelines(f"{path}\n" for path in launch.outside)
        base = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        env = {**base, "OMNICLOUD_FLEET": str(plan.paths.root), **launch.env}
        argv, room = list(launch.argv), self._room
        if room is not None:
            env["TMPDIR"] = temporary(room)
            if room.user:
                argv = without_wrapper(argv)
                if not handed_over:
                    await asyncio.to_thread(give, str(own), room.user)
            self._given.add(name)
            # No other server's, and no service writes any of it.
            room = replace(room, write=(*room.write, str(own)))
        log = plan.paths.log(name)
        pid = execute(argv, env=env, cwd=cwd, log=log, end_signal=launch.stop_signal, room=room)
        self._zygote.guard(pid, launch.stop_signal)
        return pid

    def _give_volumes(self) -> None:
        """Have the platform's user own what it may write to: every volume but the clock, which is the runner's."""
        if user := service_user(self._room):
            for folder in writable_volumes(self._plan):
                give(str(folder), user[0])


def writable_volumes(plan: Plan) -> list[Path]:
    """The folders of the chosen services' volumes that they may write to; makes those that are missing."""
    for name in plan.chosen:
        plan.rewriter.make_folders(plan.service(name))
    return [folder for folder in sorted(plan.paths.volumes.glob("*")) if folder.name != CLOCK_VOLUME]


def room_of(plan: Plan) -> Room | None:
    """The room that the caller wants for the fleet's processes, with what the platform must read and write."""
    room = told_room(os.environ)
    if room is None:
        return None
    plan.paths.data.mkdir(parents=True, exist_ok=True)
    plan.paths.settings.mkdir(mode=0o755, parents=True, exist_ok=True)
    own, read = writable_volumes(plan), (plan.paths.project, plan.paths.settings)
    return replace(room, read=(*room.read, *map(str, read)), write=(*room.write, *map(str, own)))


def common_module(plan: Plan) -> str:
    """The module that most of the chosen services run, and more than one; empty without such."""
    services = [plan.service(name) for name in plan.chosen if not plan.compose.is_job(name)]
    commands = [service.command or () for service in services if service.built]
    modules = Counter(command[2] for command in commands if command[:2] in PYTHON_MODULE and len(command) > 2)
    module, count = modules.most_common(1)[0] if modules else ("", 0)
    return module if count > 1 else ""


def service_user(room: Room | None = None) -> tuple[int, int] | None:
    """The unprivileged uid and gid that the platform's processes run as; None for the supervisor's own.

    It is the room's; without a room, OMNICLOUD_SERVICE_USER=uid:gid chooses one where the supervisor is root.
    """
    if room is not None:
        return (room.user, room.user) if room.user else None
    text = os.environ.get("OMNICLOUD_SERVICE_USER", "")
    if not text or os.getuid() != 0:
        return None
    uid, _, gid = text.partition(":")
    return int(uid), int(gid or uid)
