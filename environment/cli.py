"""The `omnicloud` command. Its subcommands are the modules of `environment.commands`, found by name."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer
from rich.console import Console

from environment import commands
from environment.fleet.errors import FleetError

app = typer.Typer(
    name="omnicloud",
    help="A multi-cloud orchestration platform as local processes, and debugging challenges made from it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def register_commands() -> None:
    """Let every module of `environment.commands` that is there add its commands."""
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda found: found.name):
        importlib.import_module(f"{commands.__name__}.{module.name}").register(app)


def main() -> None:
    """Run the command line; a known trouble is printed as a message with a hint, status 1."""
    register_commands()
    try:
        app()
    except FleetError as error:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"error: {error.message}", style="bold red", markup=False)
        if error.hint:
            console.print(error.hint, markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
