"""Clears what a fleet left whose supervisor and zygote were both killed at once, and nothing of a living one."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from environment.fleet.project import FleetPaths
from environment.fleet.zygote import remove_folder

WAIT_SECONDS = 5.0


def clear(paths: FleetPaths) -> None:
    """End every process that was started for the fleet, then remove its folder.

    A process is known by the mark in its environment, so one of another fleet is never touched.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while (pids := _marked(paths)) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    remove_folder(str(paths.root))


def _marked(paths: FleetPaths) -> list[int]:
    mark = f"OMNICLOUD_FLEET={paths.root}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/environ", "rb") as environ:
                if mark in environ.read().split(b"\0"):
                    found.append(int(entry))
    return found
