"""The `omnicloud` command of an installed environment."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; says what to install where packages are missing that only episodes need."""
    try:
        from environment.cli import app
        from environment.cli import main as run
    except ModuleNotFoundError as error:
        sys.exit(f"omnicloud: {error.name} isn't installed. Do `pip install 'omnicloud[episode]'`.")
    # What a shell suggests while one types: `cli` is part of every workspace, and what is measured depends on each of
    # its lines, so it isn't turned on there.
    app._add_completion = True
    run()
