"""Ends all that descends from this process, however it multiplies, within a bounded time.

Where a party is a user of its own, or has a group or a namespace of processes of its own, it ends in one step.
Elsewhere its processes can only be listed and signalled one by one, and some may be gone when their turn comes, with a
child in their place. So they are stopped before they are killed: whoever is stopped multiplies no more, and takes a
place that nobody else gets. Whoever passes its life on to a child and ends becomes this process's child each time, and
a process lists its own children so fast that hardly one of them lives longer than that.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from environment.fleet.walls.users import end_user
from environment.fleet.zygote import descendants
from environment.grading.pen import Pen

END_SECONDS = 20.0
FREEZE_SECONDS = CATCH_SECONDS = 0.5
PAUSE_SECONDS = 0.01
FIRST = -20
MOST_AT_ONCE = 10_000
"""Processes that are seen off before it is looked for others."""


def end_all(users: Sequence[int], group: Pen | None, seconds: float = END_SECONDS) -> int:
    """Kill everything below this process, everything of these users and of the group; how many processes could not be
    ended. Those that the kernel itself holds up don't count: they run nothing any more.

    This process must be the reaper of its descendants.
    """
    with suppress(OSError):  # Whoever multiplies takes the processor from all others alike, and only root comes first.
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    deadline = time.monotonic() + seconds
    known: set[int] = set()
    while True:
        if group is not None:
            group.kill()
        for user in users:
            end_user(user)
        living = set(descendants(os.getpid()))
        # Whoever takes a while to end is the same process each time. Where others come, or come and go unseen, it is
        # another matter.
        multiplies = bool(known) and not (living and living <= known)
        known |= living
        if multiplies:
            _freeze(deadline)
            living = set(descendants(os.getpid()))
        _signal_each(living, signal.SIGKILL)
        if multiplies:
            _catch(deadline)
        if not _see_off():
            return 0
        if time.monotonic() > deadline:
            return sum(map(_runs, descendants(os.getpid())))
        known = known or {os.getpid()}
        time.sleep(PAUSE_SECONDS)


def _freeze(deadline: float) -> None:
    """Stop them until a look finds none that wasn't stopped."""
    known: set[int] = set()
    deadline = min(deadline, time.monotonic() + FREEZE_SECONDS)
    while (fresh := set(descendants(os.getpid())) - known) and time.monotonic() < deadline:
        known |= fresh
        _signal_each(fresh, signal.SIGSTOP)


def _catch(deadline: float) -> None:
    """Kill the children of this process as soon as they are there, while there are any."""
    deadline = min(deadline, time.monotonic() + CATCH_SECONDS)
    with suppress(OSError):  # A kernel need not list them.
        listed = os.open("/proc/thread-self/children", os.O_RDONLY | os.O_CLOEXEC)
        try:
            while (children := os.pread(listed, 65536, 0).split()) and time.monotonic() < deadline:
                _signal_each(map(int, children), signal.SIGKILL)
                _see_off()
        finally:
            os.close(listed)


def _signal_each(processes: Iterable[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)


def _see_off() -> bool:
    """Reap what has ended; whether there may be more."""
    try:
        for _ in range(MOST_AT_ONCE):
            if not os.waitpid(-1, os.WNOHANG)[0]:
                break
    except ChildProcessError:
        return False
    return True


def _runs(process: int) -> bool:
    with suppress(OSError), open(f"/proc/{process}/stat", "rb") as stat:
        return stat.read().rpartition(b")")[2].split()[0] not in (b"D", b"Z", b"X")
    return False
