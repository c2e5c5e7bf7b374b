"""`omnicloud tour`: one request's way through all fifteen services, told step by step.

The steps are those of the system test, so what is told is what is proven.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from environment.fleet.project import find_project

console = Console()


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tour", help="Walk one request through all fifteen services of a running fleet.")(tour)


def tour(
    workspace: Annotated[Path | None, typer.Option(help="The project; the one you stand in unless told.")] = None,
    name: Annotated[str, typer.Option(help="The fleet.")] = "default",
    url: Annotated[str, typer.Option(help="The gateway; that of the fleet unless told.")] = "",
    kill: Annotated[
        list[str] | None,
        typer.Option(help="Kill this process (or `all`, one after the other) at the worst moment; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a step.")] = False,
) -> None:
    """Run the story and say what happened; status 1 at the first step that went wrong."""
    project = find_project(workspace)
    sys.path.insert(0, str(project))
    url = url or gateway_of(project, name)
    fleet = import_module("tests.support.fleets").running_fleet(url)
    import_module("tests.support.clock").clock.ahead = fleet.clock_offset()
    crashes = _crashes(fleet, kill or [])
    story = import_module("tests.support.story").Story(url, crashes)
    started = time.monotonic()
    for number, step in enumerate(story.steps(), 1):
        began = time.monotonic()
        try:
            said, good = step.run(), True
        except Exception as error:  # noqa: BLE001 - whatever went wrong is what there is to tell
            said, good = f"{type(error).__name__}: {error}", False
        _tell(number, step, said, good, time.monotonic() - began, crashes.happened, as_json)
        crashes.happened.clear()
        if not good:
            raise typer.Exit(1)
    if not as_json:
        console.print(f"\n[bold green]All of it in {time.monotonic() - started:.1f} s.[/] The invoice:")
        _show_invoice(story.made["invoice"])


def gateway_of(project: Path, name: str) -> str:
    """The URL of a running fleet's gateway. Ends with a clear message where there is none."""
    described = project / ".omnicloud" / name / "fleet.json"
    try:
        return str(json.loads(described.read_text())["url"])
    except (FileNotFoundError, KeyError, json.JSONDecodeError) as error:
        console.print(f"no fleet {name!r} runs here: start one with [bold]omnicloud up[/]", style="red")
        raise typer.Exit(2) from error


def _crashes(fleet: Any, names: list[str]) -> Any:
    """What kills these processes while the story is told. Ends with a clear message for a name that isn't one."""
    try:
        return import_module("tests.support.crashes").Crashes.of(fleet, names)
    except ValueError as error:
        console.print(str(error), style="red")
        raise typer.Exit(2) from error


def _tell(number: int, step: Any, said: str, good: bool, seconds: float, crashes: list[Any], as_json: bool) -> None:
    if as_json:
        line = {"step": number, "service": step.service, "title": step.title, "ok": good, "said": said}
        line["killed"] = [{"process": crash.process, "moment": crash.moment} for crash in crashes]
        print(json.dumps(line), flush=True)
        return
    mark = "[green]✓[/]" if good else "[red]✗[/]"
    console.print(f"{mark} {number:2}  [bold]{step.service:<13}[/] {step.title}  [dim]{seconds:.1f} s[/]")
    for crash in crashes:
        again = f"healthy and routed again after {crash.seconds:.1f} s"
        console.print(f"       [red]killed {crash.process}[/] when {crash.moment}; {again}", highlight=False)
    console.print(f"       {said}", style="dim" if good else "red", highlight=False, markup=False)


def _show_invoice(invoice: dict[str, Any]) -> None:
    for line in invoice["lines"]:
        console.print(f"  {line['meter']:<32} {line['quantity']:>14}  {line['amount']:>10}", highlight=False)
    total = f"{invoice['total']} {invoice['currency']}"
    console.print(f"  {invoice['number']:<32} {'':>14}  {total:>14}", style="bold", highlight=False)
