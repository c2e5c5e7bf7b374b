"""`omnicloud test`: runs the tests of a workspace, in the workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

# The episode side is imported inside of the functions: the fleet's commands start without it.


def register(app: typer.Typer) -> None:
    """Add `test`."""
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("test", context_settings=settings)(run_tests)


def run_tests(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A workspace, or any tree of the platform.", metavar="DIR")],
    services: Annotated[
        list[str] | None,
        typer.Option("--service", help="Only the tests of this service; may be repeated.", metavar="NAME"),
    ] = None,
    affected: Annotated[
        bool, typer.Option("--affected", help="Only what reaches your edits, most telling first.")
    ] = False,
    since: Annotated[
        str, typer.Option(help="With --affected: edits since this revision; default: all of the workspace's life.")
    ] = "",
    keep_fleet: Annotated[
        bool, typer.Option("--keep-fleet", help="With --affected: leave the fleet standing for the next time.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="With --affected: write the result there.")] = None,
) -> None:
    """Run the tests of DIR with its own settings; everything else after DIR goes to pytest.

    This is for working, not for grading: it takes tests and settings as they stand in DIR. The status is pytest's.
    """
    if not (folder / "tests").is_dir():
        typer.echo(f"{folder} has no folder 'tests'. Make a workspace with `omnicloud challenge {folder}`.", err=True)
        raise typer.Exit(2)
    if affected and services:
        typer.echo("--service and --affected choose the tests in two ways; take one.", err=True)
        raise typer.Exit(2)
    if affected:
        raise typer.Exit(_affected(folder, since, keep_fleet, json_file, context.args))
    if since or keep_fleet or json_file:
        typer.echo("--since, --keep-fleet and --json belong to --affected.", err=True)
        raise typer.Exit(2)
    arguments = context.args
    if services:
        arguments = [*_folders(folder, services), *arguments]
    elif not any(not word.startswith("-") for word in arguments):
        arguments = ["tests/", *arguments]
    command = [sys.executable, "-m", "pytest", "-o", "console_output_style=progress", *arguments]
    try:
        status = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": ""}, check=False).returncode
    except KeyboardInterrupt:
        status = 130
    raise typer.Exit(status)


def _folders(folder: Path, services: Sequence[str]) -> list[str]:
    """The folders of some services' tests, those without a fleet first; ends with status 2 where a service has none."""
    found = {
        name: sorted(path.relative_to(folder).as_posix() for path in folder.glob(f"tests/*/{name}/") if path.is_dir())
        for name in services
        if name.isidentifier()
    }
    for name in services:
        if not found.get(name):
            known = sorted({path.parent.name for path in folder.glob("tests/*/*/test_*.py")})
            typer.echo(f"No test is about {name!r}. There are tests of {', '.join(known)}.", err=True)
            raise typer.Exit(2)
    paths = [path for name in dict.fromkeys(services) for path in found[name]]
    return sorted(paths, key=lambda path: not path.startswith("tests/unit/"))


def _affected(folder: Path, since: str, keep_fleet: bool, json_file: Path | None, arguments: Sequence[str]) -> int:
    """Run what reaches the edits; 1 when something failed or could not run, else 0."""
    from environment.affected import words
    from environment.affected.edits import edits
    from environment.affected.order import choose, is_unit, unknown_modules
    from environment.affected.run import Decided, run_chosen
    from environment.affected.standing import Standing, worthwhile
    from environment.fleet.caller import fleet_command
    from environment.fleet.project import FleetPaths
    from environment.grading.console import errors_as_messages
    from environment.grading.result_files import require_writable, write_result
    from environment.reach.map_file import load_map

    failed: list[str] = []

    def tell(test_id: str, end: Decided) -> None:
        if end.outcome == "failed":
            failed.append(test_id)
            typer.echo(words.failure_line(test_id, end.message))

    def quick(seconds: float) -> None:
        if choice.long:
            typer.echo(words.so_far(choice, seconds, len(failed)))

    with errors_as_messages():
        require_writable(json_file)
        reach_map = load_map()
        found = edits(folder, since)
        choice = choose(reach_map, found.before, found.after)
        for line in words.announcement(found, choice, len(reach_map.tests_known)):
            typer.echo(line)
        if newer := set(unknown_modules(folder, reach_map)) - set(choice.modules):
            typer.echo(f"Newer than the reach map, so left out: {min(newer)}{words.and_others(len(newer) - 1)}.")
        result = None
        if choice.tests or choice.modules:
            seconds = sum(choice.durations[test_id] for test_id in choice.live)
            number = 1 if "OMNICLOUD_URL" in os.environ else worthwhile(seconds)
            fleets = [Standing(folder, index + 1) for index in range(number)]
            workers = [fleet.ready if keep_fleet else None for fleet in fleets]
            result = run_chosen(folder, choice, arguments, workers, tell, quick)
            if keep_fleet and not all(map(is_unit, result.failed)):
                for fleet in fleets:
                    fleet.spoiled()
            for line in words.conclusion(choice, result):
                typer.echo(line)
            for fleet in fleets if keep_fleet and choice.live else ():
                command = fleet_command(FleetPaths(fleet.folder, fleet.name), "down")
                typer.echo(f"The fleet {fleet.name!r} stands; `{command}` ends it.")
        document = words.to_document(found, choice, result)
        write_result(json_file, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return 0 if result is None or result.good else 1
