"""`omnicloud score`: grades a workspace."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

# The episode side is imported inside of the functions: the fleet's commands start without it.


def register(app: typer.Typer) -> None:
    """Add `score`."""
    app.command("score")(score)


def score(
    folder: Annotated[Path, typer.Argument(help="A workspace made by `omnicloud challenge`.", metavar="DIR")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the score there; - prints it.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the report there as a page.")] = None,
    spoil: Annotated[bool, typer.Option("--spoil", help="Show the status of each bug by its id.")] = False,
) -> None:
    """Grade a workspace: reward, tier, bonuses, categories, services."""
    from rich.console import Console

    from environment.fleet.caller import from_here, program
    from environment.grading.console import errors_as_messages, test_progress
    from environment.grading.grade import default_grader
    from environment.reward.failures import failure_causes
    from environment.reward.report import html_page, print_score
    from environment.reward.score import to_document

    with errors_as_messages():
        grader = default_grader()
        if grader.stale:
            Console(stderr=True).print("The repository has changed since its bugs were measured.", style="yellow")
        with test_progress(len(grader.tests)) as grader.on_decided:
            result = grader.grade(folder)
    text = json.dumps(to_document(result), indent=1, ensure_ascii=False) + "\n"
    if html_file is not None:
        html_file.write_text(html_page(result, spoil=spoil))
    if json_file is not None and str(json_file) == "-":
        typer.echo(text, nl=False)
        return
    if json_file is not None:
        json_file.write_text(text)
    print_score(result, Console(highlight=False), spoil=spoil)
    if result.failures:
        example = failure_causes(result.failures)[0].example
        typer.echo(f"One of them again: {program()} test {shlex.quote(from_here(folder))} {shlex.quote(example)}")
