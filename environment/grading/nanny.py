"""Runs one command and leaves nothing of it behind.

Started as `python -I nanny.py COMMAND…`. It makes itself the reaper of all its descendants, so that a process which
detaches itself (a daemon, a double fork, a new session) becomes its child instead of init's. When the command ends,
when the nanny is told to stop or when its own parent dies, it first lets the command end by itself for a while and
then kills every descendant until none is left. Its status is the command's, 128 + n for a signal n.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from types import FrameType

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 15.0
"""How long a command that is told to stop may take to stop its fleet."""


class Stop(Exception):
    """The nanny was told to stop."""


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(root: int) -> list[int]:
    """Process ids of everything below a process, from /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(name))
    found: list[int] = []
    pending = [root]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def kill_descendants() -> None:
    """Kill everything below this process, again and again until nothing is left (forks race with the listing)."""
    while True:
        below = descendants(os.getpid())
        for process in below:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def run(command: list[str], descriptors: tuple[int, ...]) -> int:
    """Run the command to its end; gives its status."""
    parent = os.getppid()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    status = 128 + signal.SIGTERM
    child: subprocess.Popen[bytes] | None = None
    try:
        if os.getppid() != parent:
            raise Stop  # The parent died before it could be noticed.
        child = subprocess.Popen(command, pass_fds=descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        status = child.wait()
    except Stop:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    finally:
        kill_descendants()
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    passed = tuple(int(word) for word in sys.argv[1].split(",") if word)
    sys.exit(run(sys.argv[2:], passed))
