"""What people see: a live table on a terminal, plain lines elsewhere; then each trouble once."""

from __future__ import annotations

import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from environment.causes import one_line
from environment.fleet import troubles
from environment.fleet.caller import fleet_command, from_here
from environment.fleet.client import FleetClient
from environment.fleet.patience import VARIABLE
from environment.fleet.project import FleetPaths
from environment.fleet.troubles import End

COLOURS = {
    "healthy": "green", "completed": "green", "running": "cyan", "starting": "yellow", "waiting": "dim",
    "blocked": "yellow", "paused": "yellow", "stopped": "yellow",
}  # fmt: skip
NO_CHECK = "running, but has no health check"
REACHABLE = ("healthy", "running", "unhealthy", "paused")
_WORDS = {
    End.EXIT: ("failed", "end with the same error"),
    End.OVERDUE: ("took too long", "took too long and say the same"),
    End.SICK: ("isn't healthy", "aren't healthy and say the same"),
    End.NEVER: ("can't be started", "can't be started, for the same reason"),
}
"""For one part and for several."""
_DULL = {"waiting": 1, "blocked": 2, "completed": 3, "healthy": 3}
LIVE_MARGIN = 3
"""Rows of a terminal for the table's head, the word on what does not fit, and the prompt."""
NAME_WIDTH = 18
REASON_LIMIT = 160

console = Console(highlight=False, soft_wrap=True)


def note(text: str, style: str = "") -> None:
    """One plain line, however long."""
    console.print(text, style=style or None, markup=False)


def follow_boot(client: FleetClient, began: float, up: Sequence[str]) -> dict[str, Any] | None:
    """Show the start until nothing more can change; the fleet's summary then, None when it broke down.

    `began` is the monotonic time of the command's start, for the boot time that people feel; `up` is that command.
    """
    live = Live(console=console, refresh_per_second=8) if sys.stdout.isatty() else None
    with live or nullcontext():
        summary = _watch(client.events(), live)
    if summary is None:
        return None
    if not live:
        _urls(summary["services"])
    show_troubles(summary, up)
    memory = summary["memory_bytes"] / 2**20
    note(f"\nBoot time {time.monotonic() - began:.1f} s · memory {memory:.0f} MiB (PSS, infrastructure included)")
    return summary


def _watch(events: Iterator[dict[str, Any]], live: Live | None) -> dict[str, Any] | None:
    """Show every change until the fleet has settled: its summary, or None when it broke down."""
    services: dict[str, dict[str, Any]] = {}
    for event in events:
        if event["event"] == "settled":
            if live:
                live.update(_table(event["services"]))
            return event
        if event["event"] != "state":
            note(event.get("reason", "the fleet ended"), "bold red")
            return None
        services[event["service"]["name"]] = event["service"]
        if live:
            shown, rest = fitting(list(services.values()), console.height - LIVE_MARGIN)
            live.update(Group(_table(shown), Text(rest, style="dim")))
        else:
            boot_line(event["service"])
    note("The supervisor died; nothing of the fleet is left.", "bold red")
    return None


def boot_line(service: dict[str, Any]) -> None:
    """One line for a change that people care for. Why something is broken is told once, when nothing more changes."""
    if service["state"] in ("waiting", "starting", "blocked"):
        return
    tail = _after(service) or troubles.manner(service)
    note(f"{service['state']:<10} {service['name']:<{NAME_WIDTH}} {tail}".rstrip())


def _after(service: dict[str, Any]) -> str:
    """How long it took to be there, or where a job's work came from; empty while it isn't."""
    if service["kind"] == "job" and service["notes"] and service["state"] == "completed":
        return str(service["notes"])
    after = service["ready_after_seconds"]
    return f"{after:5.2f} s" if after is not None else ""


def change_line(service: dict[str, Any]) -> None:
    """One line for a change of a fleet that has started, with the reason's first line."""
    reason = one_line(service["reason"], REASON_LIMIT)
    note(f"{service['state']:<10} {service['name']:<{NAME_WIDTH}} {reason}".rstrip())


def show_summary(summary: dict[str, Any]) -> None:
    """The table, the troubles and the figures of a running fleet."""
    console.print(_table(summary["services"]))
    show_troubles(summary)
    boot = summary["boot_seconds"]
    note(
        f"\n{summary['name']} in {summary['project']} · "
        f"{'booted in ' + str(boot) + ' s' if boot is not None else 'booting'} · "
        f"memory {summary['memory_bytes'] / 2**20:.0f} MiB (PSS, infrastructure included)"
    )


def _state_text(service: dict[str, Any]) -> str:
    if service["state"] == "running" and service["kind"] != "job" and not service["has_health_check"]:
        return NO_CHECK
    return str(service["state"])


def fitting(services: list[dict[str, Any]], rows: int) -> tuple[list[dict[str, Any]], str]:
    """What of a fleet fits into so many rows, and a word on the rest: who is well goes first, then who waits."""
    if len(services) <= rows:
        return services, ""
    by_interest = sorted(services, key=lambda service: _DULL.get(service["state"], 0))
    chosen = {service["name"] for service in by_interest[: max(rows, 1)]}
    rest = Counter(service["state"] for service in services if service["name"] not in chosen)
    told = ", ".join(f"{count} {state}" for state, count in rest.items())
    return [service for service in services if service["name"] in chosen], f"… and {told}"


def _table(services: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, width in (("SERVICE", NAME_WIDTH), ("STATE", 9), ("AFTER", 7), ("ADDRESS", 0)):
        table.add_column(column, no_wrap=True, min_width=width)
    for service in services:
        table.add_row(
            service["name"],
            Text(_state_text(service), style=COLOURS.get(service["state"], "bold red")),
            _after(service).strip(),
            service["address"] if service["state"] in REACHABLE else "",
        )
    return table


def _urls(services: list[dict[str, Any]]) -> None:
    note("")
    for service in services:
        if service["address"] and service["state"] in REACHABLE:
            note(f"{service['name']:<{NAME_WIDTH}} {service['address']}")


def show_troubles(summary: dict[str, Any], up: Sequence[str] = ("up",)) -> None:
    """Each cause once, with what it says; then what waits for what; then what else people should know.

    `up` is the command, with its options, that starts this fleet.
    """
    services = summary["services"]
    paths = FleetPaths(Path(summary["project"]), summary["name"])
    near = "" if from_here(paths.project) == "." else f"{from_here(paths.project)}/"
    for cause in troubles.causes(services):
        note(f"\n{title(cause)}", "bold red")
        if len(cause.names) > 1:
            _wrapped(", ".join(cause.names), 2)
        for line in cause.text:
            note(f"  {line.replace(f'{paths.project}/', near)}")
        if cause.ran:
            note(f"  The whole log, while the fleet is up: {fleet_command(paths, 'logs', cause.names[0])}", "dim")
    if blocked := troubles.waiting(services):
        note("\nNot started, because they wait:", "bold yellow")
        for group in blocked:
            _wrapped(f"for {', '.join(group.broken)}:", 2)
            _wrapped(", ".join(group.names), 4)
    if unchecked := [service["name"] for service in services if _state_text(service) == NO_CHECK]:
        note(f"\nWithout a health check, so never known to be healthy: {', '.join(unchecked)}")
    _show_overdue(summary, paths, up)


def title(cause: troubles.Cause) -> str:
    """One line on a cause: who, how, and how much waits for it."""
    one, many = _WORDS[cause.end]
    manner = f" ({cause.manner})" if cause.manner else ""
    parts = f"{cause.waiting} part waits" if cause.waiting == 1 else f"{cause.waiting} parts wait"
    if len(cause.names) == 1:
        return f"{cause.names[0]} {one}{manner}{f', {parts} for it' if cause.waiting else ''}:"
    return f"{len(cause.names)} {cause.noun}s {many}{manner}{f', {parts} for them' if cause.waiting else ''}:"


def _wrapped(text: str, indent: int) -> None:
    """A paragraph as wide as the terminal."""
    margin = " " * indent
    note(textwrap.fill(text, console.width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False))


def _show_overdue(summary: dict[str, Any], paths: FleetPaths, up: Sequence[str]) -> None:
    late = troubles.overdue(summary["services"])
    if not late:
        return
    told = "; ".join(f"{', '.join(names)} ({words})" for names, words in late)
    note("\nStill starting when patience ended:", "bold yellow")
    _wrapped(told, 2)
    longer = f"{VARIABLE}={3 * summary['patience']:g}"
    note("If this machine is busy with other work, give everything three times as long to start:")
    note(f"  {fleet_command(paths, 'down')}; {longer} {fleet_command(paths, *up)}")
