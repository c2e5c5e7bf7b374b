"""Progress and errors on a person's terminal."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from environment.bugs.errors import EpisodeError
from environment.grading.errors import InfrastructureError
from environment.grading.process import OnDecided
from environment.grading.results import Outcome

BAD_INPUT = 2
ENVIRONMENT_FAILED = 3
PATH_ERRORS = frozenset({
    *(errno.EACCES, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG),
    *(errno.ENOENT, errno.ENOTDIR, errno.EPERM, errno.EROFS),
})  # fmt: skip
"""What the system says of paths that can't be used as was asked; all else that it refuses is a trouble of its own."""


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Print what was refused in plain words and end with status 2; 3 when the environment itself failed."""
    try:
        yield
    except InfrastructureError as error:
        _say(f"The environment failed, so there is no verdict: {error}")
        raise typer.Exit(ENVIRONMENT_FAILED) from error
    except EpisodeError as error:
        _say(str(error))
        raise typer.Exit(BAD_INPUT) from error
    except BrokenPipeError:
        raise  # Who reads the output has seen enough.
    except OSError as error:
        path = f"{error.filename}: " if error.filename is not None else ""
        _say(f"{path}{error.strerror or error}")
        raise typer.Exit(BAD_INPUT if error.errno in PATH_ERRORS else ENVIRONMENT_FAILED) from error
    except KeyboardInterrupt as error:
        _say("Stopped.")
        raise typer.Exit(130) from error


def _say(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, style="bold red", markup=False)


@contextmanager
def test_progress(total: int | None) -> Iterator[OnDecided]:
    """A bar on standard error that counts decided, passed and other tests; silent when that is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[green]{task.fields[passed]} passed[/]  [red]{task.fields[other]} not[/]"),
        TimeElapsedColumn(),
    )
    counts = {True: 0, False: 0}
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("tests", total=total, passed=0, other=0)

        def decided(test_id: str, outcome: Outcome) -> None:
            counts[outcome is Outcome.PASSED] += 1
            category = test_id.split("/")[1] if "/" in test_id else "tests"
            progress.update(task, advance=1, description=f"{category:<12}", passed=counts[True], other=counts[False])

        yield decided


test_progress.__test__ = False  # type: ignore[attr-defined]  # not a test of pytest's
