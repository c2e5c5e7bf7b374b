"""`omnicloud bugs list | show | graph | check | report`: the catalogue."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

# The episode side is imported inside of the functions: the fleet's commands start without it.
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.tree import Tree

    from environment.bugs.catalogue import Bug, Catalogue
    from environment.bugs.manifest import Standing

bugs = typer.Typer(help="The catalogue of seeded bugs.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `bugs`."""
    app.add_typer(bugs, name="bugs")


@bugs.command("list")
def list_bugs(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, one object a bug.")] = False,
) -> None:
    """List all bugs with title, difficulty, size, what hides them, and on which reference each is measured."""
    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.manifest import Standing, manifest_or_empty
    from environment.grading.console import errors_as_messages
    from environment.workspace.reference import default_reference

    with errors_as_messages():
        catalogue, manifest, digest = load_catalogue(), manifest_or_empty(), default_reference().digest
    standing = {bug.id: manifest.standing(bug, digest) for bug in catalogue.values()}
    if as_json:
        documents = [{**document(bug), "measured": standing[bug.id]} for bug in catalogue.values()]
        typer.echo(json.dumps(documents, indent=1, ensure_ascii=False))
        return
    _print_table(catalogue.values(), standing)
    counts = Counter(standing.values())
    told = ", ".join(f"{counts[word]} {word.meaning}" for word in Standing if counts[word])
    typer.echo(f"{len(catalogue)} bugs: {told}")


def _print_table(catalogue: Iterable[Bug], standing: Mapping[str, Standing]) -> None:
    """One line a bug: a console cuts titles that don't fit, and a narrow one leaves columns out; a pipe gets all."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 240)
    rows = [
        {
            "id": bug.id,
            "title": bug.title,
            "family": bug.family,
            "difficulty": bug.difficulty,
            "depends on": ", ".join(bug.depends_on),
            "lines": str(bug.size),
            "measured": str(standing[bug.id]),
            "services": ", ".join(bug.services),
        }
        for bug in catalogue
    ]
    heads = [head for head in rows[0] if console.width >= 110 or head not in ("family", "lines", "services")]
    widths = {head: max(len(head), *(len(row[head]) for row in rows)) for head in heads}
    over = sum(widths.values()) + 2 * len(heads) - console.width
    for head, least in (("services", 16), ("title", 20)):
        if over > 0 and head in widths:
            cut = min(over, widths[head] - least)
            widths[head], over = widths[head] - cut, over - cut
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, no_wrap=True, overflow="ellipsis", width=widths[head])
    for row in rows:
        table.add_row(*(row[head] for head in heads))
    console.print(table)


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
    from environment.bugs.manifest import manifest_or_empty
    from environment.grading.console import errors_as_messages

    console = Console(highlight=False)
    with errors_as_messages():
        bug = load_catalogue()[bug_id.upper()]
    console.print(f"{bug.id}  {bug.title}", style="bold", markup=False)
    for name, value in document(bug).items():
        if name not in ("id", "title", "files") and value not in ("", []):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            console.print(f"{name.replace('_', ' ')}: {text}", markup=False)
    item = manifest_or_empty().of(bug)
    console.print(f"triggers: {'' if item else 'not measured'}")
    for test_id in item.triggers if item else ():
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
    from environment.bugs.held_out import load_held_out
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages
    from environment.verification.audit_checks import check_audits
    from environment.verification.checks import check as run_checks
    from environment.workspace.reference import default_reference

    console = Console(highlight=False)
    with errors_as_messages():
        catalogue = load_catalogue()
        reference = default_reference()
        findings = run_checks(catalogue, reference, None if static else load_manifest(), load_held_out())
        findings += check_audits(catalogue, reference)
    for finding in findings:
        kind = "error" if finding.error else "note"
        line = f"{kind}: {finding.bug + ': ' if finding.bug else ''}{finding.text}"
        console.print(line, style="red" if finding.error else "yellow", markup=False)
    errors = sum(finding.error for finding in findings)
    console.print(
        f"{len(catalogue)} bugs, {sum(bug.size for bug in catalogue.values())} changed lines, {errors} errors"
    )
    raise typer.Exit(1 if errors else 0)


@bugs.command("report")
def report_page(
    html_file: Annotated[Path, typer.Option("--html", metavar="FILE", help="Where the page is written.")],
) -> None:
    """Write a page: bugs × tests as a heat map, which bug hides which, reach against triggers, time a bug."""
    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.errors import ManifestError
    from environment.bugs.manifest import load_manifest
    from environment.grading.console import errors_as_messages
    from environment.grading.result_files import require_writable, write_result
    from environment.reach.map_file import load_map
    from environment.report_page.data import gather
    from environment.report_page.page import html_page
    from environment.report_page.reach import MappedReach
    from environment.workspace.reference import default_reference

    with errors_as_messages():
        require_writable(html_file)
        catalogue, manifest = load_catalogue(), load_manifest()
        try:
            reach = MappedReach(load_map(), default_reference())
        except ManifestError as error:
            typer.echo(f"Without reach: {error}", err=True)
            reach = None
        write_result(html_file, html_page(gather(catalogue, manifest, reach)))
    typer.echo(f"{html_file} shows {len(catalogue)} bugs and {len(manifest.tests):,} tests.")
