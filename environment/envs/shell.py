"""Runs an agent's shell commands in its workspace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from environment.grading.nanny import descendants
from environment.grading.process import SYSTEM_PATH

OUTPUT_LIMIT = 20_000
"""Characters of output that an agent sees of one command: the first and the last half of that."""

TIMED_OUT = 124
"""Exit status of a command that took too long, as `timeout` gives it."""


@dataclass(frozen=True)
class ShellResult:
    """Standard output and error together, the status (128 + n for a signal n), and whether the output was cut."""

    output: str
    status: int
    truncated: bool


class Shell:
    """Commands in one folder. What they leave running (a fleet) lives on until `close`."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds
        self._sessions: list[int] = []

    def run(self, command: str) -> ShellResult:
        """Run a command with bash, at most for the given seconds; its session is killed when they are over."""
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                ["/bin/bash", "-c", command.replace("\0", "")],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._sessions.append(process.pid)
            try:
                status = process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                _kill_session(process.pid)
                process.wait()
                status = TIMED_OUT
            text, cut = _ends(output.fileno())
        return ShellResult(text, 128 - status if status < 0 else status, cut)

    def close(self) -> None:
        """Kill what the commands left running. Safe to call twice."""
        while self._sessions:
            _kill_session(self._sessions.pop())

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{SYSTEM_PATH}",
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "PYTHONNOUSERSITE": "1",
        }


def _ends(descriptor: int) -> tuple[str, bool]:
    """The output, cut in the middle when it is longer than the limit; read without loading what is left out."""
    size = os.fstat(descriptor).st_size
    half = OUTPUT_LIMIT // 2
    if size <= OUTPUT_LIMIT:
        return os.pread(descriptor, OUTPUT_LIMIT, 0).decode(errors="replace"), False
    head, tail = os.pread(descriptor, half, 0), os.pread(descriptor, half, size - half)
    left_out = f"\n… {size - 2 * half} bytes left out …\n"
    return head.decode(errors="replace") + left_out + tail.decode(errors="replace"), True


def _kill_session(session: int) -> None:
    """Kill all processes of a session and what descends from them."""
    members = set()
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                if os.getsid(int(name)) == session:
                    members.add(int(name))
            except ProcessLookupError:
                continue
    for member in list(members):
        members |= set(descendants(member))
    for member in members:
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            continue
