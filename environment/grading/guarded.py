"""Starts commands under a nanny, and hears how they ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import environment
from environment.fleet.walls.room import Room
from environment.fleet.zygote import descendants
from environment.grading import nanny, scratch
from environment.grading.ending import END_SECONDS
from environment.grading.errors import InfrastructureError
from environment.grading.nanny import Ending, Order

STOP_SECONDS = nanny.GRACE_SECONDS + END_SECONDS + 15


@dataclass
class Guarded:
    """A command that runs under a nanny. `stop` must be called in the end."""

    _nanny: subprocess.Popen[bytes]
    _report: int
    _ending: Ending | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The nanny's process, below which all of the command's are."""
        return self._nanny.pid

    @property
    def over(self) -> bool:
        """Whether it has ended and nothing of it is left."""
        return self._nanny.poll() is not None

    def wait(self, seconds: float) -> Ending | None:
        """How it ended; None when it goes on, and for a nanny that was killed an ending without a status.

        Raises `InfrastructureError` when the command could not be put behind its walls.
        """
        try:
            self._nanny.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return self._end()

    def stop(self) -> Ending:
        """Have the nanny stop everything; it needs a little longer than the grace that it gives. What it said, then or
        before. Safe to call twice."""
        hung: list[int] = []
        if self._nanny.poll() is None:
            self._nanny.terminate()
            try:
                self._nanny.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                hung = [self._nanny.pid, *descendants(self._nanny.pid)]
                for process in hung:
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(process, signal.SIGKILL)
                self._nanny.wait()
        ending = self._told()
        if hung:
            # Nobody has seen the others end.
            self._ending = ending = replace(ending, left=len(hung) - 1)
        return ending

    def _end(self) -> Ending:
        ending = self._told()
        if ending.refused:
            raise InfrastructureError(f"a process can't be put behind its walls here: {ending.refused}")
        return ending

    def _told(self) -> Ending:
        if self._ending is None:
            with os.fdopen(self._report, "rb") as report:
                told = report.read()
            self._ending = Ending(**json.loads(told)) if told else Ending()
        return self._ending


def start(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    room: Room | None,
    output: IO[bytes],
    descriptors: Sequence[int] = (),
    memory_mib: int = 0,
    users: Sequence[int] = (),
    folders: Sequence[Path] = (),
) -> Guarded:
    """Start a command with nothing of this process's environment. All that descends from it may take so much memory
    together (0: as much as there is), what belongs to the users ends with it, and files in the folders are its own when
    the disk gets full. Raises `InfrastructureError`."""
    read, write = os.pipe()
    try:
        with scratch.handed_on() as locks, tempfile.TemporaryFile("w+") as order:
            wanted = Order(
                *(command, str(folder), variables, descriptors, write, os.getpid(), room, locks, users, memory_mib),
                folders=list(map(str, folders)),
            )
            order.write(wanted.to_json())
            order.seek(0)
            process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", nanny.__name__],
                cwd="/",
                env={"PYTHONPATH": str(Path(environment.__file__).resolve().parents[1]), "LANG": "C.UTF-8"},
                stdin=order,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(*descriptors, write, *locks),
                start_new_session=True,
            )
    except OSError as error:
        os.close(read)
        raise InfrastructureError(f"a process can't be started: {error}") from error
    finally:
        os.close(write)
    return Guarded(process, read)
