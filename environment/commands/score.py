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
    """Grade a workspace: reward, tier, bonuses, categories, services.

    The tests that reach what you edited run first; what they say is told while the rest runs.
    """
    from rich.console import Console

    from environment.affected.grading import AffectedFirst
    from environment.bugs.errors import ManifestError
    from environment.fleet.caller import from_here, program
    from environment.grading.console import errors_as_messages, test_progress
    from environment.grading.grade import default_grader
    from environment.grading.result_files import require_writable, write_result
    from environment.grading.results import Outcome
    from environment.reach.map_file import load_map
    from environment.report_page.score_page import before, score_page
    from environment.reward.failures import failure_causes
    from environment.reward.report import print_score
    from environment.reward.score import to_document
    from environment.workspace.episode import load_episode

    printed = json_file is not None and str(json_file) == "-"
    if printed:
        json_file = None
    with errors_as_messages():
        require_writable(json_file, html_file)
        grader = default_grader()
        if grader.stale:
            Console(stderr=True).print("The repository has changed since its bugs were measured.", style="yellow")
        try:
            first = AffectedFirst(load_map(), grader.tests, lambda line: typer.echo(line, err=True))
        except ManifestError:
            first = None  # Without a reach map the tests run in any order.
        with test_progress(len(grader.tests)) as progress:

            def decided(test_id: str, outcome: Outcome) -> None:
                progress(test_id, outcome)
                if first is not None:
                    first.decided(test_id, outcome)

            grader.on_decided = decided
            grader.order = first.order if first is not None else None
            earlier = before(load_episode(grader.reference, folder))
            result = grader.grade(folder)
    text = json.dumps(to_document(result), indent=1, ensure_ascii=False) + "\n"
    # What was graded is told before anything else can go wrong: it took long, and it counts from now on.
    if printed:
        typer.echo(text, nl=False)
    else:
        print_score(result, Console(highlight=False), spoil=spoil)
    with errors_as_messages():
        write_result(json_file, text)
        if html_file is not None:
            write_result(html_file, score_page(result, earlier, spoil=spoil))
    if result.failures and not printed:
        example = failure_causes(result.failures)[0].example
        typer.echo(f"One of them again: {program()} test {shlex.quote(from_here(folder))} {shlex.quote(example)}")
