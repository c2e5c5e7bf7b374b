"""`omnicloud mutants`: small wrong changes of the platform, and whether the tests that reach them notice."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

# The episode side is imported inside of the functions: the fleet's commands start without it.


def register(app: typer.Typer) -> None:
    """Add `mutants`."""
    app.command("mutants")(mutants)


def mutants(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Only of files whose path begins so.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many mutants, spread over services and shared folders.")] = 100,
    seed: Annotated[int, typer.Option(help="Another number, another sample.")] = 0,
    jobs: Annotated[
        int, typer.Option(min=0, help="How many run their unit tests at a time; 0: as many as there are cores.")
    ] = 0,
    live_seconds: Annotated[
        float, typer.Option(min=0, help="How long the live tests of one mutant may take, by the reach map; 0: none.")
    ] = 60.0,
    tests: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Ask so many tests that no bug is known to fail about mutants, instead."),
    ] = 0,
    tries: Annotated[int, typer.Option(min=1, help="With --tests: how many mutants a test may miss.")] = 8,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result there.")] = None,
) -> None:
    """Draw mutants from a seed and run the tests that reach each until one fails: unit tests first, then live ones.

    Status 1 when a mutant survives without a reason in environment/mutants/reasons.toml, when a reason there is about
    nothing any more, or when a test notices none of the mutants that it is asked about. After Ctrl-C it tells what is
    known so far.
    """
    from environment.grading.console import errors_as_messages
    from environment.grading.result_files import require_writable

    with errors_as_messages():
        require_writable(json_file)
        if tests:
            good = _ask_tests(tests, seed, tries, live_seconds, json_file)
        else:
            good = _run_mutants(paths or [], count, seed, jobs or len(os.sched_getaffinity(0)), live_seconds, json_file)
    raise typer.Exit(0 if good else 1)


def _run_mutants(
    paths: list[str], count: int, seed: int, jobs: int, live_seconds: float, json_file: Path | None
) -> bool:
    """Whether every survivor has a reason, and every reason a mutant."""
    from rich.console import Console

    from environment.grading.runner import Options
    from environment.mutants import report
    from environment.mutants.reasons import load_reasons
    from environment.mutants.run import Result, Runner
    from environment.mutants.sample import draw
    from environment.mutants.trial import Trial
    from environment.reach.map_file import load_map
    from environment.workspace.reference import default_reference

    reference, reach_map, reasons, stop = default_reference(), load_map(), load_reasons(), threading.Event()
    drawn = draw(reference.files, reach_map, count, seed, paths)

    def tell(result: Result) -> None:
        mutant = result.mutant
        typer.echo(
            f"{len(runner.results):>4}/{len(drawn)}  {result.end:<21}  {result.seconds:6.1f} s  {result.ran:>5} tests  "
            f"{mutant.operator}: {mutant.change.path}:{mutant.line}"
        )

    trial = Trial(reference.files, Options(twins=False, stop=stop))
    runner = Runner(reach_map, trial, reasons, jobs, live_seconds, stop, tell)
    try:
        runner.run(drawn)
    finally:
        results, troubles = runner.results, list(report.about_reasons(reasons, reference.files, runner.results))
        Console(highlight=False, soft_wrap=True).print(report.table(results))
        for line in (*report.lines(results), *troubles):
            typer.echo(line)
        _write(json_file, report.to_document(seed, reference.digest, results, troubles))
    return not report.survivors(results) and not troubles


def _ask_tests(number: int, seed: int, tries: int, live_seconds: float, json_file: Path | None) -> bool:
    """Whether each test of the sample that was asked about mutants notices one."""
    import random

    from environment.bugs.manifest import load_manifest
    from environment.grading.runner import Options
    from environment.mutants import unproven
    from environment.mutants.trial import Trial
    from environment.reach.map_file import load_map
    from environment.workspace.reference import default_reference

    reference, reach_map, manifest = default_reference(), load_map(), load_manifest()
    known = unproven.unproven(manifest)
    typer.echo(
        f"{len(known):,} of {len(manifest.tests):,} tests fail under none of the bugs that fail no more than "
        f"{unproven.WIDE_SHARE:.0%} of all tests."
    )
    sample = random.Random(f"tests {seed}").sample(known, min(number, len(known)))
    found: list[unproven.Found] = []

    def tell(item: unproven.Found) -> None:
        found.append(item)
        for line in unproven.lines(item):
            typer.echo(line)

    trial = Trial(reference.files, Options(twins=False))
    try:
        unproven.Asker(reach_map, trial, tries, live_seconds, tell).ask(sample, seed)
    finally:
        told = (f"{sum(item.heed is heed for item in found)} {heed}" for heed in unproven.Heed)
        typer.echo(f"{len(found)} of {len(sample)} tests asked: {', '.join(told)}.")
        _write(json_file, unproven.to_document(seed, reference.digest, known, found))
    return all(item.heed is not unproven.Heed.UNNOTICED for item in found)


def _write(file: Path | None, document: dict[str, Any]) -> None:
    from environment.grading.result_files import write_result

    write_result(file, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
