"""`omnicloud challenge`: makes a workspace."""

from __future__ import annotations

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
    exact: Annotated[bool, typer.Option("--exact", help="Without what the chosen bugs depend on.")] = False,
) -> None:
    """Make a workspace with seeded bugs (all of them by default) and what they depend on."""
    from rich.console import Console

    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.select import Choice, select
    from environment.grading.console import errors_as_messages
    from environment.workspace.make import make_workspace
    from environment.workspace.reference import default_reference

    console = Console(highlight=False)
    with errors_as_messages():
        catalogue = load_catalogue()
        choice = Choice(split(bugs, str.upper), split(family), split(difficulty, str.lower), count, seed, exact)
        selection = select(catalogue, choice)
        make_workspace(default_reference(), [catalogue[bug_id] for bug_id in selection.ids], folder)
    causes = "1 cause" if len(selection.ids) == 1 else f"{len(selection.ids)} causes"
    console.print(f"{folder} holds a platform with {causes} of trouble.", markup=False)
    if selection.added:
        console.print(f"({len(selection.added)} of them came along because others can't be seen without them.)")
    console.print(
        f"\n  cd {folder}                     its README.md tells what was reported\n"
        f"  omnicloud test {folder}          runs its tests\n"
        f"  omnicloud score {folder}         grades what you have repaired",
        markup=False,
    )


def split(text: str, form: Callable[[str], str] = str) -> tuple[str, ...]:
    """Words between commas, each once, in the given form."""
    return tuple(dict.fromkeys(form(word.strip()) for word in text.split(",") if word.strip()))
