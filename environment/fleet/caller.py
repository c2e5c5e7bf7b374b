"""Commands as they can be pasted where they are read: by the name and from the folder that this process was called."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from environment.fleet.errors import NoProject
from environment.fleet.project import DEFAULT_NAME, FleetPaths, find_project

TYPED_VARIABLE = "OMNICLOUD_TYPED"
"""The path under which `bin/omnicloud` was called; that script starts the command line as a module."""

_SUGGESTED = re.compile(r"`omnicloud( [^`]*)`")


def program() -> str:
    """What to type for `omnicloud`, in the folder and with the PATH of this process."""
    typed = os.environ.get(TYPED_VARIABLE) or (sys.argv[0] if Path(sys.argv[0]).name == "omnicloud" else "")
    if not Path(typed).is_file():
        return f"{shlex.quote(sys.orig_argv[0])} -m environment.cli"
    found = shutil.which("omnicloud")
    return "omnicloud" if found and Path(found).samefile(typed) else shlex.quote(typed)


def from_here(path: Path) -> str:
    """A path as one would name it in this folder: relative when it lies below it."""
    here = Path.cwd()
    absolute = path if path.is_absolute() else here / path
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def fleet_command(paths: FleetPaths, *words: str) -> str:
    """A command for one fleet, with the options that it needs from here."""
    try:
        stands_in_it = find_project() == paths.project
    except NoProject:
        stands_in_it = False
    options = [] if stands_in_it else ["--workspace", shlex.quote(from_here(paths.project))]
    options += [] if paths.name == DEFAULT_NAME else ["--name", shlex.quote(paths.name)]
    return " ".join([program(), *map(shlex.quote, words), *options])


def pasteable(text: str, paths: FleetPaths | None = None) -> str:
    """The text with each `omnicloud …` as it is typed here; for the fleet of `paths`, if given."""

    def typed(match: re.Match[str]) -> str:
        words = match[1].split()
        return f"`{fleet_command(paths, *words) if paths else ' '.join([program(), *words])}`"

    return _SUGGESTED.sub(typed, text)
