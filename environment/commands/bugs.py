"""`omnicloud bugs list | show | graph | check | verify`: the catalogue."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

# The episode side is imported inside of the functions: the fleet's commands start without it.
if TYPE_CHECKING:
    from rich.tree import Tree

    from environment.bugs.catalogue import Bug, Catalogue
    from environment.verification.verify import Report

bugs = typer.Typer(help="The catalogue of seeded bugs.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `bugs`."""
    app.add_typer(bugs, name="bugs")


@bugs.command("list")
def list_bugs(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, one object a bug.")] = False,
) -> None:
    """List all bugs with title, difficulty, size and what hides them."""
    from rich.console import Console
    from rich.table import Table

    from environment.bugs.catalogue import load_catalogue
    from environment.grading.console import errors_as_messages

    with errors_as_messages():
        catalogue = load_catalogue()
    if as_json:
        typer.echo(json.dumps([document(bug) for bug in catalogue.values()], indent=1, ensure_ascii=False))
        return
    table = Table("id", "title", "family", "difficulty", "services", "depends on", "lines", box=None, pad_edge=False)
    for bug in catalogue.values():
        words = (bug.id, bug.title, bug.family, bug.difficulty, ", ".join(bug.services), ", ".join(bug.depends_on))
        table.add_row(*words, str(bug.size))
    Console(highlight=False).print(table)


def document(bug: Bug) -> dict[str, object]:
    """A bug as JSON values: the headers in lower case with underscores, `files` and `lines` (changed lines)."""
    return {
        "id": bug.id,
        "title": bug.title,
        "family": bug.family,
        "difficulty": bug.difficulty,
        "services": list(bug.services),
        "depends_on": list(bug.depends_on),
        "scenario": bug.scenario,
        "symptom": bug.symptom,
        "hint": bug.hint,
        "explanation": bug.explanation,
        "files": list(bug.paths),
        "lines": bug.size,
    }


@bugs.command("show")
def show(bug_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one bug with its explanation, its measured triggers and its diff."""
    from rich.console import Console
    from rich.syntax import Syntax

    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.errors import ManifestError
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages

    console = Console(highlight=False)
    with errors_as_messages():
        bug = load_catalogue()[bug_id.upper()]
    console.print(f"{bug.id}  {bug.title}", style="bold", markup=False)
    for name, value in document(bug).items():
        if name not in ("id", "title", "files") and value not in ("", []):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            console.print(f"{name.replace('_', ' ')}: {text}", markup=False)
    try:
        item = load_manifest().bugs.get(bug.id)
    except ManifestError:
        item = None
    fresh = item is not None and item.patch == bug.digest
    console.print(f"triggers: {'' if item and fresh else 'not measured'}")
    for test_id in item.triggers if item and fresh else ():
        console.print(f"  {test_id}", markup=False)
    console.print(Syntax(bug.diff_text, "diff", background_color="default"))


@bugs.command("graph")
def graph(mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid flow chart.")] = False) -> None:
    """Show which bug hides which; a bug stands below each bug that hides it."""
    from rich.console import Console
    from rich.tree import Tree

    from environment.bugs import graph as graphs
    from environment.bugs.catalogue import load_catalogue
    from environment.grading.console import errors_as_messages

    with errors_as_messages():
        catalogue = load_catalogue()
        chains = graphs.longest_chains(catalogue)
    if mermaid:
        typer.echo(graphs.mermaid(catalogue), nl=False)
        return
    console = Console(highlight=False)
    root = Tree("bugs")
    shown: set[str] = set()
    for bug in catalogue.values():
        if not any(other in catalogue for other in bug.depends_on):
            _grow(root, catalogue, bug, shown)
    console.print(root)
    for chain in chains[:3]:
        console.print(f"longest chain ({len(chain)}): {' → '.join(chain)}")


def _grow(branch: Tree, catalogue: Catalogue, bug: Bug, shown: set[str]) -> None:
    again = bug.id in shown
    inner = branch.add(f"{bug.id}{' …' if again else '  ' + bug.title}")
    if again:
        return
    shown.add(bug.id)
    for other in catalogue.values():
        if bug.id in other.depends_on:
            _grow(inner, catalogue, other, shown)


@bugs.command("check")
def check(
    static: Annotated[bool, typer.Option("--static", help="Leave out what was measured.")] = False,
) -> None:
    """Check the catalogue without running a test; status 1 when something is wrong."""
    from rich.console import Console

    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages
    from environment.verification.checks import check as run_checks
    from environment.workspace.reference import default_reference

    console = Console(highlight=False)
    with errors_as_messages():
        catalogue = load_catalogue()
        findings = run_checks(catalogue, default_reference(), None if static else load_manifest())
    for finding in findings:
        kind = "error" if finding.error else "note"
        line = f"{kind}: {finding.bug + ': ' if finding.bug else ''}{finding.text}"
        console.print(line, style="red" if finding.error else "yellow", markup=False)
    errors = sum(finding.error for finding in findings)
    console.print(
        f"{len(catalogue)} bugs, {sum(bug.size for bug in catalogue.values())} changed lines, {errors} errors"
    )
    raise typer.Exit(1 if errors else 0)


@bugs.command("verify")
def verify(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    jobs: Annotated[
        int, typer.Option(min=0, help="How many bugs are measured side by side; 0: as many as the machine bears.")
    ] = 0,
    repeat: Annotated[int, typer.Option(min=1, help="Run everything so often and report unstable tests.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is measured already.")] = False,
    audit: Annotated[
        str, typer.Option(metavar="N|all", help="Run so many of the bugs in full, too, and fail on any difference.")
    ] = "0",
    audit_seed: Annotated[int, typer.Option(help="Another number, another sample.")] = 0,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print what the failing tests say.")] = False,
) -> None:
    """Run the suite on the reference, on each bug alone the tests that it can touch, and write the manifest.

    What is measured is kept at once: after Ctrl-C or a crash, the same command goes on where it stopped. After a change
    only those tests run again that it can touch.
    """
    from rich.console import Console

    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages
    from environment.grading.machine import affordable_fleets
    from environment.grading.runner import OWN_TREES, Options
    from environment.verification.audit import Auditor, sample
    from environment.verification.kept import Kept
    from environment.verification.verify import Verifier, unmeasured_edges
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
            Kept(reference.state / "verification"),
            options,
            jobs=jobs or affordable_fleets(),
            repeat=repeat,
            fresh=fresh,
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
    problems = [report for report in reports if report.problems or report.unstable]
    say(f"{len(reports) - 1} bugs measured, {len(problems)} with problems, {len(edges)} edges contradicted")
    raise typer.Exit(1 if problems or edges or wrong else 0)


def _line(report: Report, verbose: bool) -> str:
    took = f"{report.seconds:.0f} s" if report.seconds else "kept"
    tests = f"{report.ran} of {report.of} run" if report.seconds else ""
    lines = [f"{report.bug or 'reference':<10} {len(report.triggers):>4} fail  {took:>6}  {tests}".rstrip()]
    lines += [f"  ! {problem}" for problem in report.problems]
    lines += [f"  ! doesn't always end alike: {test_id}" for test_id in report.unstable]
    if verbose:
        lines += [f"    {test_id}: {_first_line(report.messages.get(test_id, ''))}" for test_id in report.triggers]
    return "\n".join(lines)


def _first_line(message: str) -> str:
    return message.partition("\n")[0][:200]


@bugs.command("report")
def report_page(
    html_file: Annotated[Path, typer.Option("--html", metavar="FILE", help="Where the page is written.")],
) -> None:
    """Write a page: bugs × tests as a heat map, which bug hides which, reach against triggers, time a bug."""
    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.errors import ManifestError
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages
    from environment.reach.map_file import load_map
    from environment.report_page.data import gather
    from environment.report_page.page import html_page
    from environment.report_page.reach import MappedReach
    from environment.workspace.reference import default_reference

    with errors_as_messages():
        catalogue, manifest = load_catalogue(), load_manifest()
        try:
            reach = MappedReach(load_map(), default_reference())
        except ManifestError as error:
            typer.echo(f"Without reach: {error}", err=True)
            reach = None
        html_file.write_text(html_page(gather(catalogue, manifest, reach)))
    typer.echo(f"{html_file} shows {len(catalogue)} bugs and {len(manifest.tests):,} tests.")
