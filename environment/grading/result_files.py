"""Files that a command leaves its result in, seen to before the work begins that the result comes of."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from environment.bugs.errors import EpisodeError


class BadTarget(EpisodeError):
    """No file can be written there."""


def require_writable(*files: Path | None) -> None:
    """Raises `BadTarget` unless each of the files that are given can be written. Nothing is created or changed."""
    for file in files:
        if file is None:
            continue
        folder = file.absolute().parent
        _require_ones_own(file)
        if file.is_dir():
            raise BadTarget(f"{file} is a folder. Name a file.")
        if not folder.is_dir():
            raise BadTarget(f"There is no folder {folder}. Make it, or name another file than {file}.")
        if not os.access(file if file.exists() else folder, os.W_OK):
            raise BadTarget(f"{file} can't be written. Name another file.")


def write_result(file: Path | None, text: str) -> None:
    """Write a result, where a file is given for it, as UTF-8 whatever the locale. Raises `BadTarget` where an agent has
    laid something meanwhile."""
    if file is not None:
        _require_ones_own(file)
        file.write_text(text, encoding="utf-8")


def _require_ones_own(file: Path) -> None:
    """Raises `BadTarget` for a link, a pipe or the like of somebody else's: in a workspace an agent may have laid it,
    to have another file written over or the command wait for ever. Root's (/dev/stdout) and one's own are right."""
    with suppress(FileNotFoundError):
        status = os.lstat(file)
        if not stat.S_ISREG(status.st_mode) and status.st_uid not in (0, os.geteuid()):
            raise BadTarget(f"{file} is neither a file nor your own. Remove it, or name another file.")
