"""`omnicloud up | down | status | logs | restart | kill | pause | resume`: the fleet as local processes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from environment.fleet import display
from environment.fleet.caller import pasteable
from environment.fleet.client import FleetClient, start_daemon
from environment.fleet.daemon import Order
from environment.fleet.errors import FleetError, NoFleet
from environment.fleet.leftovers import clear
from environment.fleet.logs import last_lines
from environment.fleet.project import DEFAULT_NAME, FleetPaths, find_project

MAX_CLOCK_OFFSET_SECONDS = 100 * 365.25 * 86_400

Workspace = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="Project folder; default: the nearest one upwards from here.")
]
Name = Annotated[str, typer.Option("--name", help="Name of the fleet; several may run in one project.")]
ServiceName = Annotated[str, typer.Argument(help="Service of the compose file.")]

FOLLOW_SECONDS = 0.2


def register(app: typer.Typer) -> None:
    """Add the fleet's commands."""
    for command in (up, down, status, logs, restart, kill, pause, resume):
        app.command()(_with_pasteable_hints(command))


def _with_pasteable_hints(command: Callable[..., None]) -> Callable[..., None]:
    """The command, whose errors suggest commands for its own fleet as they are typed here."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except FleetError as error:
            error.hint = pasteable(error.hint, _meant(options["workspace"], options["name"]))
            raise

    return run


def _meant(workspace: Path | None, name: str) -> FleetPaths | None:
    """The fleet that a command is about; None where there is no such project or the name is none."""
    try:
        return _paths(workspace, name)
    except FleetError:
        return None


def _paths(workspace: Path | None, name: str) -> FleetPaths:
    return FleetPaths(find_project(workspace), name)


def up(
    services: Annotated[list[str] | None, typer.Argument(help="Only these, with what they depend on.")] = None,
    workspace: Workspace = None,
    name: Name = DEFAULT_NAME,
    ports: Annotated[
        str, typer.Option(help="`default`: as compose publishes them; `auto`: a free block; or a block's first port.")
    ] = "default",
    attach: Annotated[bool, typer.Option("--attach", help="Stay; Ctrl-C takes the fleet down.")] = False,
    owner: Annotated[int | None, typer.Option(help="Take the fleet down when this process ends.")] = None,
    clock_offset: Annotated[
        float, typer.Option(help="Seconds by which the services' clock is ahead of the machine's (negative: behind).")
    ] = 0.0,
) -> None:
    """Start the fleet and return when every service is ready or cannot become so (status 1)."""
    if ports not in ("default", "auto") and not (ports.isdigit() and 1024 <= int(ports) <= 65000):
        raise FleetError(f"{ports!r} is no choice of ports", "Use `default`, `auto` or a number from 1024 to 65000.")
    if not abs(clock_offset) <= MAX_CLOCK_OFFSET_SECONDS:  # nor is "not a number" a number of seconds
        raise FleetError(f"{clock_offset} is no offset of a clock", "Use seconds, up to a hundred years of them.")
    paths = _paths(workspace, name)
    began = time.monotonic()
    try:
        start_daemon(Order(str(paths.project), name, list(services or ()), ports, owner, clock_offset))
        client = FleetClient(paths)
        summary = display.follow_boot(
            client, began, ["up", *(services or ()), *(["--ports", ports] if ports != "default" else ())]
        )
        if attach and summary is not None:
            display.note("Press Ctrl-C to take the fleet down.")
            _stay(paths, {service["name"]: service["state"] for service in summary["services"]})
    except KeyboardInterrupt:
        display.note("Taking the fleet down…")
        _take_down(paths)
        raise typer.Exit(130) from None
    if summary is None or not summary["ok"]:
        raise typer.Exit(1)


def _stay(paths: FleetPaths, known: dict[str, str]) -> None:
    """Tell every change from the known states on, until the fleet ends."""
    for event in FleetClient(paths).events():
        if event["event"] != "state":
            continue
        service = event["service"]
        if known.get(service["name"]) != service["state"]:
            known[service["name"]] = service["state"]
            display.change_line(service)


def _take_down(paths: FleetPaths) -> None:
    try:
        client = FleetClient(paths)
    except NoFleet:
        clear(paths)
        raise
    client.request("down")
    client.wait_for_end()
    clear(paths)


def down(workspace: Workspace = None, name: Name = DEFAULT_NAME) -> None:
    """Stop every process of the fleet and remove what it kept."""
    paths = _paths(workspace, name)
    _take_down(paths)
    display.note(f"Fleet {name!r} is down.")


def status(
    workspace: Workspace = None,
    name: Name = DEFAULT_NAME,
    as_json: Annotated[bool, typer.Option("--json", help="The stable form for programs.")] = False,
) -> None:
    """Show every service, its state and where it is reached. Status 1 when something is broken."""
    summary = FleetClient(_paths(workspace, name)).request("status")["fleet"]
    if as_json:
        print(json.dumps(summary, indent=2))
    else:
        display.show_summary(summary)
    if summary["broken"]:
        raise typer.Exit(1)


def logs(
    service: ServiceName,
    workspace: Workspace = None,
    name: Name = DEFAULT_NAME,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the log grows.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines from the end.")] = 100,
) -> None:
    """Print a service's log; `supervisor` and `zygote` have logs, too."""
    paths = _paths(workspace, name)
    path = paths.log(service)
    if service not in ("supervisor", "zygote"):
        FleetClient(paths).request("logs", service=service, lines=0)
    for line in last_lines(path, lines):
        print(line)
    if follow:
        _follow(path)


def _follow(path: Path) -> None:
    """Print what is appended until Ctrl-C or until the fleet's folder is gone."""
    path.touch()
    with path.open(encoding="utf-8", errors="replace") as log:
        log.seek(0, 2)
        try:
            while path.exists():
                if text := log.read():
                    print(text, end="", flush=True)
                else:
                    if path.stat().st_size < log.tell():
                        log.seek(0)
                    time.sleep(FOLLOW_SECONDS)
        except (KeyboardInterrupt, FileNotFoundError):
            return


def restart(service: ServiceName, workspace: Workspace = None, name: Name = DEFAULT_NAME) -> None:
    """Start a service again with its present code, and wait until it is healthy."""
    client = FleetClient(_paths(workspace, name))
    client.request("restart", service=service)
    client.request("wait_healthy", service=service)
    display.note(f"{service} is healthy.")


def kill(service: ServiceName, workspace: Workspace = None, name: Name = DEFAULT_NAME) -> None:
    """Kill a service as a crash would (SIGKILL)."""
    FleetClient(_paths(workspace, name)).request("kill", service=service)


def pause(service: ServiceName, workspace: Workspace = None, name: Name = DEFAULT_NAME) -> None:
    """Freeze a service (SIGSTOP): its connections stay open and nothing answers."""
    FleetClient(_paths(workspace, name)).request("pause", service=service)


def resume(service: ServiceName, workspace: Workspace = None, name: Name = DEFAULT_NAME) -> None:
    """Let a frozen service go on."""
    FleetClient(_paths(workspace, name)).request("resume", service=service)
