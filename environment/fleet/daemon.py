"""The supervisor's process. `python -m environment.fleet.daemon '{"project": …, "name": …, …}'`.

Says on standard output, in one JSON line, that it listens or why it could not start; the rest goes to supervisor.log.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from environment.fleet.control import ControlServer
from environment.fleet.drills import step_clock
from environment.fleet.errors import FleetError
from environment.fleet.patience import patience
from environment.fleet.plan import Plan, make_plan
from environment.fleet.ports import table
from environment.fleet.processes import adopt_orphans
from environment.fleet.project import FleetPaths
from environment.fleet.supervisor import Supervisor
from environment.fleet.zygote import remove_folder


@dataclass(frozen=True)
class Order:
    """What to start."""

    project: str
    name: str
    services: list[str] = field(default_factory=list)
    ports: str = "default"
    """"default": those that compose publishes; "auto": a free block; else the first port of a block."""
    owner: int | None = None
    """The fleet goes down when this process ends."""
    clock_offset: float = 0.0
    """Seconds by which the services' clock is ahead of the machine's from their very start."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def main() -> int:
    """Exit status 1 when the fleet could not be started at all; its services' troubles are told over the socket."""
    order = Order(**json.loads(sys.argv[1]))
    paths = FleetPaths(Path(order.project), order.name)
    server = ControlServer(paths.control)
    try:
        server.hold()
    except FleetError as error:
        _say({"error": error.message, "hint": error.hint})
        return 1
    try:
        patience()  # So that a nonsensical setting is told now.
        remove_folder(str(paths.root))
        paths.logs.mkdir(parents=True)
        _keep_out_of_git(paths.root.parent)
        plan = make_plan(paths, order.services, order.ports, os.environ)
    except FleetError as error:
        _say({"error": error.message, "hint": error.hint})
        remove_folder(str(paths.root))
        return 1
    except OSError as error:
        _say({"error": f"the fleet's folder {paths.root} cannot be made: {error.strerror}", "hint": "See its parent."})
        return 1
    try:
        asyncio.run(_run(plan, server, order))
    finally:
        plan.block.release()
        remove_folder(str(paths.root))
    return 0


async def _run(plan: Plan, server: ControlServer, order: Order) -> None:
    adopt_orphans()
    if order.clock_offset:
        step_clock(plan.paths, order.clock_offset)
    supervisor = Supervisor(plan)
    supervisor.begin()
    try:
        await server.open(supervisor)
        _write_state(plan)
        _say({"control": plan.paths.control, "pid": os.getpid()})
        _detach(plan.paths.log("supervisor"))
        if order.owner is not None:
            _watch_owner(order.owner, supervisor)
        await supervisor.down.wait()
    finally:
        await supervisor.end()
        server.close()


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _detach(log: Path) -> None:
    """From now on everything this process says goes to its log, and nobody waits for its output to end."""
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)


def _watch_owner(owner: int, supervisor: Supervisor) -> None:
    try:
        handle = os.pidfd_open(owner)
    except ProcessLookupError:
        supervisor.down.set()
        return
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        supervisor.down.set()

    loop.add_reader(handle, gone)


def _write_state(plan: Plan) -> None:
    state = {
        "name": plan.paths.name,
        "project": str(plan.paths.project),
        "pid": os.getpid(),
        "control": plan.paths.control,
        "url": plan.address("gateway") if "gateway" in plan.chosen else "",
        "ports": table(plan.ports),
    }
    fresh = plan.paths.state.with_suffix(".new")
    fresh.write_text(json.dumps(state, indent=1))
    fresh.replace(plan.paths.state)


def _keep_out_of_git(folder: Path) -> None:
    """The folder ignores itself, wherever the project's own .gitignore stands."""
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")


if __name__ == "__main__":
    sys.exit(main())
