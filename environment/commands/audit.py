"""`omnicloud bugs audit`: plays wrong and right repairs, and tells the error rates of the tests."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from environment.commands.bugs import bugs

# The episode side is imported inside of the functions: the fleet's commands start without it.
if TYPE_CHECKING:
    from environment.bugs.audits import AuditPatch
    from environment.verification.repairs import Result


def register(app: typer.Typer) -> None:
    """Add `bugs audit`."""
    bugs.command("audit")(audit)


def audit(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many repairs are played side by side.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Play again what was played already.")] = False,
    table_file: Annotated[
        Path | None, typer.Option("--table", metavar="FILE", help="Write the error rates there (Markdown).")
    ] = None,
    limit: Annotated[
        float | None, typer.Option(metavar="MINUTES", min=0, help="Begin no further repair after so many minutes.")
    ] = None,
) -> None:
    """Play the wrong and the right repairs of bugs: status 1 when a wrong one is accepted or a right one refused.

    What is played is kept at once, beside the patches: the same command goes on where it stopped.
    """
    from rich.console import Console

    from environment.bugs.audits import load_audits
    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.held_out import load_held_out
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages
    from environment.grading.machine import affordable_fleets
    from environment.grading.result_files import require_writable, write_result
    from environment.grading.runner import OWN_TREES, Options
    from environment.reach.map_file import load_map
    from environment.verification.repairs import Player
    from environment.verification.repairs_table import table
    from environment.workspace.reference import default_reference

    console = Console(highlight=False)

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, soft_wrap=True)

    with errors_as_messages():
        require_writable(table_file)
        catalogue, audits, stop = load_catalogue(), load_audits(), threading.Event()
        chosen = [catalogue[bug_id.upper()].id for bug_id in ids or catalogue]
        asked = [item for item in audits if item.bug in chosen]
        player = Player(
            default_reference(),
            catalogue,
            load_manifest(),
            load_map(),
            load_held_out(),
            Options(
                twins=False,
                stop=stop,
                environment=OWN_TREES,
                workers=max(1, affordable_fleets() // jobs) if jobs > 1 else None,
            ),
            jobs=jobs,
            limit_seconds=math.inf if limit is None else limit * 60,
            fresh=fresh,
            on_result=lambda item, result: say(_line(item, result), "red" if result.error(item.kind) else ""),
            stop=stop,
        )
        results = player.play(asked)
        if table_file is not None:
            current = {item.name: player.current(item, results.get(item.name)) for item in audits}
            write_result(table_file, table(audits, results, current))
    if player.left:
        say(f"The limit left {len(player.left)} repairs. The same command goes on with them.")
    known = [(item, results[item.name]) for item in asked if item.name in results]
    wrong = [item.name for item, result in known if result.error(item.kind)]
    say(f"{len(known)} of {len(asked)} repairs played, {len(wrong)} errors{': ' if wrong else ''}{', '.join(wrong)}")
    raise typer.Exit(1 if wrong else 0)


def _line(item: AuditPatch, result: Result) -> str:
    lines = [f"{item.name:<32} {result.verdict}, {result.ran} tests run"]
    error = result.error(item.kind)
    lines += [f"  ! {error}: {item.title}"] if error else []
    lines += [f"    {test_id}" for test_id in result.by] if error else []
    return "\n".join(lines)
