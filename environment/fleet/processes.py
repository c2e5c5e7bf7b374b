"""Processes of the machine: signals to groups, family trees, memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from environment.fleet.walls.room import Room, enter
from environment.fleet.zygote import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, descendants, prctl

__all__ = ["adopt_orphans", "descendants", "execute", "kill", "kill_group", "memory_bytes"]


def adopt_orphans() -> None:
    """Grandchildren whose parent died become children of this process, so that none escapes its clean-up."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def execute(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    end_signal: signal.Signals,
    room: Room | None = None,
) -> int:
    """Start a program in a session of its own, output to `log`; it gets `end_signal` when this process dies, or
    SIGKILL where it is put behind the walls of a room.

    Returns the pid. Raises OSError, SubprocessError when it can't be put there.
    """
    parent = os.getpid()

    def prepare() -> None:
        if room is not None:
            enter(room)
            os.chdir(cwd)
            return
        prctl(PR_SET_PDEATHSIG, end_signal)
        if os.getppid() != parent:
            os._exit(1)

    with log.open("ab") as output:
        process = subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=prepare,
        )
    # Reaped by the supervisor's own SIGCHLD handling, not by Popen.
    process.returncode = 0
    return process.pid


def kill(pid: int) -> None:
    """SIGKILL to one process; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_group(pid: int, number: signal.Signals) -> None:
    """Signal a process group; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def memory_bytes(pids: Sequence[int]) -> int:
    """Proportional set size of the processes together: a page shared by n processes counts 1/n in each."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
                    break
    return total
