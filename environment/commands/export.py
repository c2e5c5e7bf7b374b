"""`omnicloud export`: data sets of tasks for other frameworks."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from environment.commands.challenge import split

# The episode side is imported inside of the functions: the fleet's commands start without it.
if TYPE_CHECKING:
    from environment.bugs.catalogue import Catalogue
    from environment.doors.tasks import Task
    from environment.workspace.reference import Reference

ROWS = "omnicloud.jsonl"
IMAGE_NAME = re.compile(r"[a-z0-9][a-z0-9._:/-]*[a-z0-9]")


class Format(StrEnum):
    """Whose data set."""

    HARBOR = "harbor"
    SWEBENCH = "swebench"


def register(app: typer.Typer) -> None:
    """Add `export`."""
    app.command("export")(export)


def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", metavar="DIR")],
    kind: Annotated[Format, typer.Option("--format", help="Task folders for Harbor, or rows as SWE-bench has them.")],
    bugs: Annotated[str, typer.Option(help="Ids, separated by commas.")] = "",
    family: Annotated[str, typer.Option(help="Families by letter or name, separated by commas.")] = "",
    difficulty: Annotated[str, typer.Option(help="Difficulties, separated by commas.")] = "",
    count: Annotated[
        int | None, typer.Option(help="Tasks of so many bugs, drawn at random; without it, a task a bug.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The first seed: one seed gives one task.")] = 0,
    number: Annotated[
        int | None, typer.Option("--tasks", help="How many tasks: of so many seeds, or so many single bugs.")
    ] = None,
    images: Annotated[
        str, typer.Option(help="Harbor: what the base images' names begin with (REGISTRY/omnicloud).")
    ] = "omnicloud",
    earlier: Annotated[
        bool, typer.Option("--earlier", help="SWE-bench: also what was measured on an earlier reference.")
    ] = False,
) -> None:
    """Export tasks: one for each single bug (all of them by default), or of several bugs each, by seeds."""
    from environment.bugs.catalogue import load_catalogue
    from environment.bugs.select import Choice
    from environment.doors.tasks import tasks
    from environment.grading.console import errors_as_messages
    from environment.workspace.reference import default_reference

    with errors_as_messages():
        catalogue, reference = load_catalogue(), default_reference()
        choice = Choice(split(bugs, str.upper), split(family), split(difficulty, str.lower), count, seed)
        asked = tasks(catalogue, choice, number)
        with _new_folder(folder) as scratch:
            if kind is Format.HARBOR:
                _harbor(reference, catalogue, asked, scratch, images)
            else:
                _swebench(reference, catalogue, asked, scratch, earlier)


def _harbor(reference: Reference, catalogue: Catalogue, asked: list[Task], folder: Path, images: str) -> None:
    from environment.bugs.errors import SelectionError
    from environment.doors.harbor.folders import write_task

    if not IMAGE_NAME.fullmatch(images):
        raise SelectionError(f"{images!r} isn't the beginning of an image's name, such as registry.example/omnicloud.")
    for task in asked:
        write_task(reference, catalogue, task, folder / task.id, images)
    typer.echo(f"{_tasks(len(asked))} for Harbor. They need the images {images}/agent and {images}/verifier.")
    typer.echo("`make image-episode` makes both; docs/doors.md tells what is in them.")


def _swebench(reference: Reference, catalogue: Catalogue, asked: list[Task], folder: Path, earlier: bool) -> None:
    from environment.bugs.errors import ManifestError
    from environment.bugs.manifest import load_manifest
    from environment.doors.swebench import RowMaker, as_line

    maker = RowMaker(reference, catalogue, load_manifest(), earlier)
    told, left = maker.parted(asked)
    for item in left:
        typer.echo(f"{item.task.id} is left out: {item.why}.", err=True)
    if not told:
        raise ManifestError("No task is left, so nothing was written. `omnicloud bugs verify` measures bugs.")
    with (folder / ROWS).open("w", encoding="utf-8") as file:
        for task in told:
            file.write(as_line(maker.row(task)))
    typer.echo(f"{_tasks(len(told))} as rows of {ROWS}, {len(left)} left out.")


def _tasks(number: int) -> str:
    return "1 task" if number == 1 else f"{number} tasks"


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A folder that is filled beside its place and then put there: the whole export, or nothing.

    Raises `WorkspaceError` when there is something already, or it can't be made.
    """
    from environment.workspace.errors import WorkspaceError

    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise WorkspaceError(f"{target} isn't a folder. Name a new or an empty one.")
    if target.is_dir() and any(target.iterdir()):
        raise WorkspaceError(f"{target} isn't empty; nothing was changed. Name another folder, or remove this one.")
    place = target.absolute()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise WorkspaceError(f"{target} can't be made: {error.strerror}.") from error
    try:
        yield scratch
        scratch.chmod(0o755)
        os.replace(scratch, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
