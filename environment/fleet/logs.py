"""The services' logs: one file each, of bounded size."""

from __future__ import annotations

import os
from pathlib import Path

MAXIMUM_BYTES = 10 * 2**20
"""As compose's log cap. What is over it goes, but for the last tenth."""


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log, read from its end; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 400 * count))
            return log.read().decode("utf-8", "replace").splitlines()[-count:] if count > 0 else []
    except FileNotFoundError:
        return []


def trim(path: Path) -> None:
    """Cut a log that has grown too large to its last part. Writers append, so they go on at the new end."""
    try:
        if path.stat().st_size <= MAXIMUM_BYTES:
            return
        with path.open("r+b") as log:
            log.seek(-MAXIMUM_BYTES // 10, os.SEEK_END)
            kept = log.read()
            log.seek(0)
            log.truncate()
            log.write(kept[kept.find(b"\n") + 1 :])
    except FileNotFoundError:
        return
