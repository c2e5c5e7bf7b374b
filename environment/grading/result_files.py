"""Files that a command leaves its result in, seen to before the work begins that the result comes of."""

from __future__ import annotations

import os
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
        if file.is_dir():
            raise BadTarget(f"{file} is a folder. Name a file.")
        if not folder.is_dir():
            raise BadTarget(f"There is no folder {folder}. Make it, or name another file than {file}.")
        if not os.access(file if file.exists() else folder, os.W_OK):
            raise BadTarget(f"{file} can't be written. Name another file.")


def write_result(file: Path | None, text: str) -> None:
    """Write a result, where a file is given for it, as UTF-8 whatever the locale."""
    if file is not None:
        file.write_text(text, encoding="utf-8")
