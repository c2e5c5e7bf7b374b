"""A copy of running servers' data, as a crash of the machine at one instant would leave it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from environment.fleet.processes import descendants

STOP_SECONDS = 2.0


@contextlib.contextmanager
def held(roots: Iterable[int]) -> Iterator[None]:
    """Every process at or below the roots stands still within. Raises TimeoutError when one doesn't stop."""
    roots = list(roots)
    stopped: set[int] = set()
    try:
        deadline = time.monotonic() + STOP_SECONDS
        # Parents first, and again until no process is new: a child may be born before its parent has stopped.
        while fresh := [pid for root in roots for pid in (root, *descendants(root)) if pid not in stopped]:
            for pid in fresh:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                stopped.add(pid)
            while any(_runs(pid) for pid in fresh):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"one of the processes {fresh} doesn't stop")
                time.sleep(0.001)
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _runs(pid: int) -> bool:
    """Whether any of its threads does."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat", "rb") as stat:
                if stat.read().rpartition(b")")[2].split()[0] not in (b"T", b"t", b"Z", b"X"):
                    return True
    except OSError:
        return False
    return False


def copy(folders: Mapping[str, Path], into: Path) -> dict[str, Path]:
    """Copies of the folders that exist, below `into`, by the same names. Raises OSError, CalledProcessError."""
    copies = {}
    for number, (place, folder) in enumerate(folders.items()):
        if folder.is_dir():
            target = into / str(number)
            done = subprocess.run(
                ["cp", "-a", "--reflink=auto", str(folder), str(target)], capture_output=True, text=True, check=False
            )
            if done.returncode or done.stderr:
                shutil.rmtree(target, ignore_errors=True)
                raise OSError(f"{folder} can't be copied: {done.stderr.strip()}")
            copies[place] = target
    return copies
