"""`omnicloud challenge`: makes a workspace."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

# The episode side is imported inside of the functions: the fleet's commands start without it.


def register(app: typer.Typer) -> None:
    """Add `challenge`."""
    app.command("challenge")(challenge)


def challenge(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder for the workspace.", metavar="DIR")],
    bugs: Annotated[str, typer.Option(help="Ids, separated by commas.")] = "",
    family: Annotated[str, typer.Option(help="Families by letter or name, separated by commas.")] = "",
    difficulty: Annotated[str, typer.Option(help="Difficulties, separated by commas.")] = "",
    count: Annotated[int | None, typer.Option(help="How many to draw at random.")] = None,
    seed: Annotated[int, typer.Option(help="One seed gives one workspace, byte for byte.")] = 0,
    scenario: Annotated[int | None, typer.Option(help="What is behind one of the five incidents: 1 to 5.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Without what the chosen bugs depend on.")] = False,
    control: Annotated[
        str, typer.Option(help="The healthy twin of that workspace instead: none, decoy or impossible.")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say what was made, not what to do with it.")] = False,
) -> None:
    """Make a workspace with seeded bugs (all of them by default) and what they depend on."""
    from rich.console import Console

    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.control import draw_control
    from environment.bugs.select import Choice, select
    from environment.grading.console import errors_as_messages
    from environment.symptoms.scenarios.scenario import bugs_behind
    from environment.workspace.make import make_workspace
    from environment.workspace.reference import default_reference

    console = Console(highlight=False)
    with errors_as_messages():
        catalogue = load_catalogue()
        ids = split(bugs, str.upper)
        if scenario is not None:
            # The incident's platform runs: what would keep it from starting isn't part of it.
            ids, exact = bugs_behind(scenario, ids, catalogue), True
        choice = Choice(ids, split(family), split(difficulty, str.lower), count, seed, exact)
        selection = select(catalogue, choice)
        twin = draw_control(control, seed) if control else None
        make_workspace(default_reference(), [catalogue[bug_id] for bug_id in selection.ids], folder, twin)
    causes = "1 cause" if len(selection.ids) == 1 else f"{len(selection.ids)} causes"
    holds = f"a platform with {causes} of trouble" if twin is None else f"a healthy platform: a control ({twin.kind})"
    console.print(f"{folder} holds {holds}.", markup=False, soft_wrap=True)
    if selection.added:
        console.print(f"({len(selection.added)} of them came along because others can't be seen without them.)")
    if quiet:
        return
    console.print("\nWhat next, from this folder:")
    for does, command in next_steps(folder):
        console.print(f"  {does:<24} {command}", markup=False, soft_wrap=True)


def next_steps(folder: Path) -> list[tuple[str, str]]:
    """What one does with a workspace, and the command for it as it can be pasted here."""
    from environment.fleet.caller import from_here, program

    omnicloud, there = program(), shlex.quote(from_here(folder))
    steps = [
        ("read what was reported", f"less {shlex.quote(from_here(folder / 'README.md'))}"),
        ("start its fleet", f"{omnicloud} up --workspace {there} --ports auto"),
        ("stop it", f"{omnicloud} down --workspace {there}"),
        ("run its unit tests", f"{omnicloud} test {there} tests/unit -q"),
        ("grade what you repaired", f"{omnicloud} score {there}"),
    ]
    # The commands in its README are for somebody who stands in it and whose `python` has the packages.
    found, ours = shutil.which("python"), Path(os.path.abspath(sys.executable)).parent
    if not found or Path(found).parent.resolve() != ours.resolve():
        steps.append(("work inside of it", f"cd {there}; export PATH={shlex.quote(str(ours))}:$PATH"))
    return steps


def split(text: str, form: Callable[[str], str] = str) -> tuple[str, ...]:
    """Words between commas, each once, in the given form."""
    return tuple(dict.fromkeys(form(word.strip()) for word in text.split(",") if word.strip()))
