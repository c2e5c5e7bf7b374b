"""What people see: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from environment.fleet.client import FleetClient

COLOURS = {
    "healthy": "green", "completed": "green", "running": "cyan", "starting": "yellow", "waiting": "dim",
    "paused": "yellow", "stopped": "yellow",
}  # fmt: skip
NO_CHECK = "running, but has no health check"

console = Console(highlight=False, soft_wrap=True)


def note(text: str) -> None:
    """One plain line."""
    console.print(text, markup=False)


def follow_boot(client: FleetClient, began: float) -> bool:
    """Show the start until nothing more can change; True when every service is as it should be.

    `began` is the monotonic time of the command's start, for the boot time that people feel.
    """
    services: dict[str, dict[str, Any]] = {}
    live = Live(console=console, refresh_per_second=8) if sys.stdout.isatty() else None
    with live or _Nothing():
        for event in client.events():
            if event["event"] == "state":
                services[event["service"]["name"]] = event["service"]
                if live:
                    live.update(_table(list(services.values())))
                else:
                    event_line(event)
            elif event["event"] == "settled":
                if live:
                    live.update(_table(event["services"]))
                break
            else:
                note(event.get("reason", "the fleet ended"))
                return False
        else:
            note("The supervisor died; nothing of the fleet is left.")
            return False
    if not live:
        _urls(event["services"])
    _problems(event["services"])
    memory = event["memory_bytes"] / 2**20
    note(f"\nBoot time {time.monotonic() - began:.1f} s · memory {memory:.0f} MiB (PSS, infrastructure included)")
    return bool(event["ok"])


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def event_line(event: dict[str, Any]) -> None:
    """One line for a change that people care for."""
    if event["event"] != "state":
        return
    service = event["service"]
    if service["state"] in ("waiting", "starting"):
        return
    after = service["ready_after_seconds"]
    tail = f"  {after:.2f} s" if after is not None else ""
    first = (service["reason"].splitlines() or [""])[0]
    note(f"{service['state']:<10} {service['name']}{tail}{'  ' + first if first else ''}")


def show_summary(summary: dict[str, Any]) -> None:
    """The table, the troubles and the figures of a running fleet."""
    console.print(_table(summary["services"]))
    _problems(summary["services"])
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


def _table(services: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("SERVICE", "STATE", "AFTER", "ADDRESS"):
        table.add_column(column)
    for service in services:
        after = service["ready_after_seconds"]
        table.add_row(
            service["name"],
            Text(_state_text(service), style=COLOURS.get(service["state"], "bold red")),
            f"{after:.2f} s" if after is not None else "",
            service["address"],
        )
    return table


def _urls(services: list[dict[str, Any]]) -> None:
    note("")
    for service in services:
        if service["address"]:
            note(f"{service['name']:<18} {service['address']}")


def _problems(services: list[dict[str, Any]]) -> None:
    """Causes with their full reason first, then who is blocked by them."""
    broken = [service for service in services if service["state"] in ("failed", "exited", "unhealthy")]
    blocked = [service for service in services if service["state"] == "blocked"]
    unchecked = [service["name"] for service in services if _state_text(service) == NO_CHECK]
    for service in broken:
        note(f"\n{service['name']} {service['state']}: {service['reason']}")
        note(f"  (whole log: omnicloud logs {service['name']})")
    if blocked:
        note("\nNot started, because of the above:")
    for service in blocked:
        note(f"  {service['name']}: {(service['reason'].splitlines() or [''])[0]}")
    if unchecked:
        note(f"\nWithout a health check, so never known to be healthy: {', '.join(unchecked)}")
