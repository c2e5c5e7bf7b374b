"""`omnicloud bugs verify`: measures the catalogue."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from environment.commands.bugs import bugs

# The episode side is imported inside of the functions: the fleet's commands start without it.
if TYPE_CHECKING:
    from environment.verification.verify import Report


def register(app: typer.Typer) -> None:
    """Add `bugs verify`."""
    bugs.command("verify")(verify)


def verify(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    jobs: Annotated[
        int, typer.Option(min=0, help="How many bugs are measured side by side; 0: as many as the machine bears.")
    ] = 0,
    together: Annotated[
        int,
        typer.Option(min=1, help="How many bugs that can touch many tests share one run of them at first."),
    ] = 24,
    repeat: Annotated[int, typer.Option(min=1, help="Run everything so often and report unstable tests.")] = 1,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Measure again what is measured already: the named bugs, or everything.")
    ] = False,
    audit: Annotated[
        str, typer.Option(metavar="N|all", help="Run so many of the bugs in full, too, and fail on any difference.")
    ] = "0",
    audit_seed: Annotated[int, typer.Option(help="Another number, another sample.")] = 0,
    limit: Annotated[
        float | None, typer.Option(metavar="MINUTES", min=0, help="Begin no further bug after so many minutes.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print what the failing tests say.")] = False,
) -> None:
    """Run the suite on the reference, on each bug alone the tests that it can touch, and write the manifest.

    What is measured is kept at once, beside the patches: after Ctrl-C, a crash or the limit, the same command goes on
    where it stopped, in any clone. After a change only those tests run again that it can touch.
    """
    from rich.console import Console

    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.held_out import load_held_out
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages
    from environment.grading.machine import affordable_fleets
    from environment.grading.runner import OWN_TREES, Options
    from environment.verification.audit import Auditor, sample
    from environment.verification.outcomes import unmeasured_edges
    from environment.verification.verify import Verifier
    from environment.workspace.reference import default_reference

    console = Console(highlight=False)

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, soft_wrap=True)

    with errors_as_messages():
        reference, catalogue, stop = default_reference(), load_catalogue(), threading.Event()
        options = Options(twins=False, stop=stop, environment=OWN_TREES)
        verifier = Verifier(
            reference,
            catalogue,
            options,
            load_held_out(),
            jobs=jobs or affordable_fleets(),
            repeat=repeat,
            fresh=fresh,
            together=together,
            limit_seconds=math.inf if limit is None else limit * 60,
            stop=stop,
            on_report=lambda report: say(_line(report, verbose)),
        )
        chosen = [bug_id.upper() for bug_id in ids or ()]
        reports = verifier.verify(chosen)
        manifest = load_manifest()
        edges = unmeasured_edges(catalogue, manifest)
        wrong = 0
        for bug_id in sample(manifest, chosen or list(catalogue), audit, audit_seed):
            difference = Auditor(reference, options).audit(catalogue[bug_id], manifest)
            say(difference.text(), "red" if difference else "")
            wrong += bool(difference)
    for bug_id, other in edges:
        say(f"{bug_id} doesn't depend on {other}: no trigger of {bug_id} fails with {other} alone", "red")
    if verifier.left:
        say(
            f"The limit left {len(verifier.left)} bugs: {', '.join(verifier.left)}. The same command goes on with them."
        )
    problems = [report for report in reports if report.problems or report.unstable]
    say(f"{len(reports) - 1} bugs measured, {len(problems)} with problems, {len(edges)} edges contradicted")
    raise typer.Exit(1 if problems or edges or wrong else 0)


def _line(report: Report, verbose: bool) -> str:
    took = f"{report.seconds:.0f} s" if report.seconds else "kept"
    tests = f"{report.ran} of {report.of} run" if report.seconds else ""
    if report.held_out[1]:
        tests += f"  {report.held_out[0]} of {report.held_out[1]} held-out fail"
    lines = [f"{report.bug or 'reference':<10} {len(report.triggers):>4} fail  {took:>6}  {tests}".rstrip()]
    lines += [f"  ! {problem}" for problem in report.problems]
    lines += [f"  ! doesn't always end alike: {test_id}" for test_id in report.unstable]
    if verbose:
        lines += [f"    {test_id}: {_first_line(report.messages.get(test_id, ''))}" for test_id in report.triggers]
    return "\n".join(lines)


def _first_line(message: str) -> str:
    return message.partition("\n")[0][:200]
