"""`omnicloud scenario`: reads an incident, and proves that its fleet says what it quotes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `scenario`."""
    app.command("scenario")(scenario)


def scenario(
    number: Annotated[int | None, typer.Argument(help="1 to 5; without it, the list.", metavar="N")] = None,
    reproduce: Annotated[
        bool, typer.Option("--reproduce", help="Start its fleet and compare what it says; status 1 at a difference.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="With --reproduce: put what the fleet says into the document.")
    ] = False,
) -> None:
    """Show an incident, or reproduce it: every figure of it comes from a running fleet."""
    from rich.console import Console

    from environment.bugs.catalogue import load_catalogue
    from environment.grading.console import errors_as_messages
    from environment.symptoms.scenarios.scenario import SCENARIOS, check, find_scenario
    from environment.symptoms.scenarios.scenario import reproduce as play
    from environment.workspace.reference import default_reference

    console = Console(highlight=False, soft_wrap=True)
    if number is None:
        for each in SCENARIOS:
            console.print(f"{each.number}  {each.title:<26} {each.document}")
        return
    with errors_as_messages():
        found, reference = find_scenario(number), default_reference()
        if not reproduce:
            print(reference.files[found.document].decode(), end="")
            return
        with reference.tree() as root:
            sys.path.insert(0, str(root))
            wrong = check(found, root, play(found, reference, load_catalogue()), write=write)
    for line in wrong:
        console.print(line, style="red", markup=False)
    if wrong:
        raise typer.Exit(1)
    console.print(f"Every quotation of {found.document} is what its fleet says.")
