"""Runs one command behind walls and leaves nothing of it behind.

Started as `python -m environment.grading.nanny` with an `Order` on standard input. It makes itself the reaper of all
its descendants, so that a process which detaches itself (a daemon, a double fork, a new session) becomes its child
instead of init's. When the command ends, when the nanny is told to stop or when its own parent dies, it first lets the
command end by itself for a while and then kills every descendant, and every process of the party's users, until none is
left. That has a bound in time: what is left then is told.

What the command and all that descends from it take of the machine's memory is bounded together: by a control group
where the host lets us make one (`pen`), else by looking (`memory`). What it takes of a disk that gets full is looked
at, too (`disk`). Who takes more is ended, and that is told.

How the command ended is told on a descriptor that the command doesn't have: exit codes can be chosen, and a nanny that
was killed says nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from types import FrameType

from environment.fleet.walls.kernel import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl
from environment.fleet.walls.room import Room, enter
from environment.fleet.walls.usage import MOST_MIB
from environment.grading import pen
from environment.grading.disk import Disk
from environment.grading.ending import end_all
from environment.grading.keys import do_without_keys, have_keys_of_ones_own
from environment.grading.memory import Watch
from environment.grading.pen import Pen

GRACE_SECONDS = 15.0
"""How long a command that is told to stop may take to stop its fleet."""
LATER_SECONDS = 0.25
"""Until the first look at what it takes."""


class Stop(Exception):
    """The nanny was told to stop."""


class Excess(Exception):
    """The command and what descends from it took too much; says of what."""


@dataclass(frozen=True)
class Order:
    """What to run, and behind which walls."""

    command: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    descriptors: Sequence[int]
    """Those that the command gets, beside the standard ones."""
    report: int
    """Where the nanny says how it went."""
    parent: int
    """The process that gave the order. It may be dead before this one can look whose child it is."""
    room: Room | None = None
    locks: Sequence[int] = ()
    """What the nanny keeps open as long as it lives, and the command doesn't have: see `scratch`."""
    users: Sequence[int] = ()
    """Further users of the party's: the command puts what it starts behind walls of their own."""
    memory_mib: int = 0
    """What all of it may take together; 0 for as much as there is."""
    folders: Sequence[str] = ()
    """Where its files are, of which there may be only so many when the disk gets full (`disk`)."""

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "room": None if self.room is None else self.room.to_json()})

    @classmethod
    def from_json(cls, text: str) -> Order:
        values = json.loads(text)
        room = values.pop("room")
        return cls(**values, room=None if room is None else Room.from_json(room))


@dataclass(frozen=True)
class Ending:
    """How a command ended."""

    status: int | None = None
    """Its exit code, minus the number of a signal; None when the nanny was told to stop it, or stopped it."""
    refused: str = ""
    """Why the command could not be started: the host's fault."""
    excess: str = ""
    """What it took more of than it may ("6144 MiB of memory"), for which it was ended."""
    left: int = 0
    """Processes that could not be ended."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def run(order: Order) -> Ending:
    """Run the command to its end."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    child, group = 0, None
    ending = Ending()
    try:
        if os.getppid() != order.parent:
            raise Stop  # It died before its death could be noticed.
        group = pen.make(order.memory_mib)
        child, trouble = _start(order, group)
        for descriptor in order.descriptors:
            os.close(descriptor)
        _look_now_and_then(order, bool(group and group.bounded))
        with os.fdopen(trouble, "rb") as told:
            refused = told.read().decode(errors="replace")
        ending = Ending(_wait(child), refused)
    except Excess as error:
        ending = Ending(excess=str(error))
    except Stop:
        _be_deaf()
        if child:
            _let_end(child)
    finally:
        _be_deaf()
        ending = _end_all(order, group, ending)
    return ending


def _end_all(order: Order, group: Pen | None, ending: Ending) -> Ending:
    """Leave nothing of it behind."""
    if group is not None and group.exceeded:
        ending = Ending(excess=_memory(order))
    left = end_all([user for user in (_user(order), *order.users) if user], group)
    if group is not None:
        group.remove()
    return replace(ending, left=left)


def _user(order: Order) -> int:
    return order.room.user if order.room else 0


def _memory(order: Order) -> str:
    return f"{order.memory_mib} MiB of memory"


def _look_now_and_then(order: Order, bounded: bool) -> None:
    """Have looks at what it takes interrupt whatever this process waits for, until it is deaf."""
    memory = Watch(os.getpid(), _user(order), order.memory_mib) if order.memory_mib and not bounded else None
    disk = Disk(os.getpid(), order.folders) if order.folders else None

    def look(number: int, frame: FrameType | None) -> None:
        seconds = LATER_SECONDS
        # What is looked at changes meanwhile, and may be told in part: then the next look sees it.
        with suppress(OSError, ValueError, LookupError):
            if memory is not None:
                too_much, seconds = memory.look()
                if too_much:
                    raise Excess(_memory(order))
            if disk is not None and disk.look():
                raise Excess(f"{MOST_MIB} MiB of disk")
        signal.setitimer(signal.ITIMER_REAL, seconds)

    if memory is not None or disk is not None:
        signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, LATER_SECONDS)


def _be_deaf() -> None:
    """From now on nothing keeps this process from killing what is left."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def _start(order: Order, group: Pen | None) -> tuple[int, int]:
    """The command's process, and a descriptor on which its trouble is told; nothing is once it has begun."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    try:
        os.close(read)
        os.close(order.report)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.chdir(order.folder)
        have_keys_of_ones_own()
        if group is not None:
            group.join()
        if order.room is not None:
            enter(order.room)
            do_without_keys()
            # Where something was put in the place of what lay there, the folder is another one now.
            os.chdir(order.folder)
        for descriptor in order.descriptors:
            os.set_inheritable(descriptor, True)
        os.execve(order.command[0], list(order.command), dict(order.environment))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the caller must know, and this process must end
        os.write(write, f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(127)


def _wait(child: int) -> int:
    """The command's exit code; orphans that end before it are seen off, too."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _let_end(child: int) -> None:
    """Ask the command to end, and give it time."""
    try:
        os.kill(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while os.waitpid(child, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
    except (ProcessLookupError, ChildProcessError):
        return


def main() -> None:
    """Obey the order on standard input."""
    order = Order.from_json(sys.stdin.read())
    for own in (order.report, *order.locks):
        os.set_inheritable(own, False)
    try:
        ending = run(order)
    except (Stop, Excess):  # Just when the command had ended by itself.
        _be_deaf()
        ending = _end_all(order, None, Ending())
    os.write(order.report, ending.to_json().encode())


if __name__ == "__main__":
    main()
