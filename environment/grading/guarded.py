"""Starts commands under a nanny, and hears how they ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import environment
from environment.fleet.walls.room import Room
from environment.grading import nanny, scratch
from environment.grading.errors import InfrastructureError
from environment.grading.nanny import Ending, Order

STOP_SECONDS = nanny.GRACE_SECONDS + 15


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

    def stop(self) -> None:
        """Have the nanny stop everything; it needs a little longer than the grace that it gives. Safe to call twice."""
        if self._nanny.poll() is None:
            self._nanny.terminate()
            try:
                self._nanny.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._nanny.kill()
                self._nanny.wait()
        if self._ending is None:
            os.close(self._report)
            self._ending = Ending()

    def _end(self) -> Ending:
        if self._ending is None:
            with os.fdopen(self._report, "rb") as report:
                told = report.read()
            self._ending = Ending(**json.loads(told)) if told else Ending()
        if self._ending.refused:
            raise InfrastructureError(f"a process can't be put behind its walls here: {self._ending.refused}")
        return self._ending


def start(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    room: Room | None,
    output: IO[bytes],
    descriptors: Sequence[int] = (),
) -> Guarded:
    """Start a command with nothing of this process's environment. Raises `InfrastructureError`."""
    read, write = os.pipe()
    try:
        with scratch.handed_on() as locks, tempfile.TemporaryFile("w+") as order:
            order.write(Order(command, str(folder), variables, descriptors, write, os.getpid(), room, locks).to_json())
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
