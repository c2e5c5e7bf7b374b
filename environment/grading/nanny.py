"""Runs one command behind walls and leaves nothing of it behind.

Started as `python -m environment.grading.nanny` with an `Order` on standard input. It makes itself the reaper of all
its descendants, so that a process which detaches itself (a daemon, a double fork, a new session) becomes its child
instead of init's. When the command ends, when the nanny is told to stop or when its own parent dies, it first lets the
command end by itself for a while and then kills every descendant, and every process of the room's user, until none is
left.

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
from dataclasses import asdict, dataclass
from types import FrameType

from environment.fleet.walls.kernel import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl
from environment.fleet.walls.room import Room, enter
from environment.fleet.walls.users import end_user
from environment.fleet.zygote import descendants

GRACE_SECONDS = 15.0
"""How long a command that is told to stop may take to stop its fleet."""


class Stop(Exception):
    """The nanny was told to stop."""


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
    """Its exit code, minus the number of a signal; None when the nanny was told to stop it."""
    refused: str = ""
    """Why the command could not be started: the host's fault."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def kill_descendants(user: int) -> None:
    """Kill everything below this process, again and again until nothing is left (forks race with the listing)."""
    while True:
        end_user(user)
        for process in descendants(os.getpid()):
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


def run(order: Order) -> Ending:
    """Run the command to its end."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    child = 0
    ending = Ending()
    try:
        if os.getppid() != order.parent:
            raise Stop  # It died before its death could be noticed.
        child, trouble = _start(order)
        for descriptor in order.descriptors:
            os.close(descriptor)
        with os.fdopen(trouble, "rb") as told:
            refused = told.read().decode(errors="replace")
        ending = Ending(_wait(child), refused)
    except Stop:
        _be_deaf()
        if child:
            _let_end(child)
    finally:
        _be_deaf()
        kill_descendants(order.room.user if order.room else 0)
    return ending


def _be_deaf() -> None:
    """From now on nothing keeps this process from killing what is left."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _start(order: Order) -> tuple[int, int]:
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
        if order.room is not None:
            enter(order.room)
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
    except Stop:  # Told to stop just when the command had ended by itself.
        _be_deaf()
        kill_descendants(order.room.user if order.room else 0)
        ending = Ending()
    os.write(order.report, ending.to_json().encode())


if __name__ == "__main__":
    main()
