"""`omnicloud test`: runs the tests of a workspace, in the workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `test`."""
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("test", context_settings=settings)(run_tests)


def run_tests(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A workspace, or any tree of the platform.", metavar="DIR")],
) -> None:
    """Run the tests of DIR with its own settings; everything after DIR goes to pytest.

    This is for working, not for grading: it takes tests and settings as they stand in DIR. The status is pytest's.
    """
    if not (folder / "tests").is_dir():
        typer.echo(f"{folder} has no folder 'tests'. Make a workspace with `omnicloud challenge {folder}`.", err=True)
        raise typer.Exit(2)
    arguments = context.args or ["tests/"]
    if not any(not word.startswith("-") for word in arguments):
        arguments = ["tests/", *arguments]
    command = [sys.executable, "-m", "pytest", "-o", "console_output_style=progress", *arguments]
    try:
        status = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": ""}, check=False).returncode
    except KeyboardInterrupt:
        status = 130
    raise typer.Exit(status)
