"""`omnicloud bugs symptoms`: what a bug shows as local processes and in containers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from environment.commands.bugs import bugs

# The episode side is imported inside of the functions: the fleet's commands start without it.
if TYPE_CHECKING:
    from environment.bugs.catalogue import Bug
    from environment.symptoms.table import Row

ALL = "all"


def register(app: typer.Typer) -> None:
    """Add `bugs symptoms`."""
    bugs.command("symptoms")(symptoms)


def symptoms(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID|all]...")] = None,
    tests: Annotated[int, typer.Option(min=0, help="How many of a bug's tests are run in each.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Write the table (Markdown) into this file, too.")] = None,
) -> None:
    """Show that set-up bugs fail alike in both fleets: status 1 when one doesn't. Needs a container engine.

    For each bug alone (all of family L unless told) and for all bugs together, a workspace's fleet is started as local
    processes and then in containers. What doesn't come up and why, and what some of the bug's tests say, is compared.
    """
    from rich.console import Console

    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.select import Choice, select
    from environment.fleet.errors import FleetError
    from environment.grading.console import errors_as_messages
    from environment.grading.result_files import require_writable, write_result
    from environment.images.host import need_engine
    from environment.symptoms.table import markdown

    console = Console(highlight=False, soft_wrap=True)
    rows: list[Row] = []
    with errors_as_messages():
        require_writable(out)
        need_engine()
        catalogue = load_catalogue()
        wanted = [word.upper() for word in ids or () if word.lower() != ALL]
        together = not ids or ALL in [word.lower() for word in ids]
        choice = Choice(tuple(wanted), () if wanted else ("L",), exact=True)
        singles = select(catalogue, choice).ids if wanted or not ids else ()
        for bug_id in [*singles, *([ALL] if together else [])]:
            chosen = list(catalogue.values()) if bug_id == ALL else [catalogue[bug_id]]
            row = _observe(bug_id, chosen, tests)
            rows.append(row)
            console.print(f"{row.bug:<4} {row.verdict}", markup=False)
            write_result(out, markdown(rows))
    console.print(markdown(rows), markup=False)
    if different := [row.bug for row in rows if not row.alike]:
        raise FleetError(f"not alike in both fleets: {', '.join(different)}")


def _observe(name: str, chosen: list[Bug], number: int) -> Row:
    from environment.bugs.manifest import load_manifest
    from environment.symptoms import containers, local, probes
    from environment.symptoms.table import Row
    from environment.workspace.reference import default_reference, write_tree

    manifest = load_manifest()
    measured = [item for bug in chosen if (item := manifest.of(bug)) is not None]
    triggers = {test_id for item in measured for test_id in item.triggers}
    picked = probes.chosen(triggers, number)
    title = chosen[0].title if len(chosen) == 1 else f"{len(chosen)} bugs together"
    with tempfile.TemporaryDirectory(prefix="omnicloud-symptoms-") as scratch:
        folder = Path(scratch) / "workspace"
        write_tree(default_reference().with_bugs(chosen), folder)
        return Row(name, title, local.observe(folder, picked), containers.observe(folder, picked))
