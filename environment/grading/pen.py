"""A control group of the kernel's (cgroup v2) for one command and all that descends from it.

Where the host lets this process make one, it bounds what all of them take together (memory, shared memory and files in
memory included) and ends all of them in one step. A group is made below the one that this process is in, or where that
one hands no memory on, beside it: no further up, since limits that somebody has set would be left then.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NAME = "omnicloud-"
MIB = 2**20


@dataclass(frozen=True)
class Pen:
    """One of them. `remove` must be called in the end."""

    folder: Path
    bounded: bool
    """Whether the kernel keeps it from taking more memory than it may: it ends all of it then."""

    def join(self) -> None:
        """Have this process, and what will descend from it, be in it. Raises OSError."""
        (self.folder / "cgroup.procs").write_text("0")

    def kill(self) -> None:
        """End all that is in it in one step, which no fork escapes; nothing on Linux before 5.14."""
        with suppress(OSError):
            (self.folder / "cgroup.kill").write_text("1")

    @property
    def exceeded(self) -> bool:
        """Whether something was ended because it took too much memory."""
        with suppress(OSError):
            found = re.search(r"^oom_kill (\d+)$", (self.folder / "memory.events").read_text(), re.MULTILINE)
            return self.bounded and found is not None and int(found[1]) > 0
        return False

    def remove(self) -> None:
        """Give it back, once it is empty, with groups that were made in it."""
        for place, _, _ in os.walk(self.folder, topdown=False):
            with suppress(OSError):
                os.rmdir(place)


def make(memory_mib: int) -> Pen | None:
    """A new one, with a bound of memory if one is wanted and possible; None where the host doesn't let us."""
    own = _own_group()
    if own is None:
        return None
    # A process that is in a group keeps it from handing memory on, the outermost excepted.
    for parent in (own, own.parent) if memory_mib else ():
        if _hands_memory_on(parent) and (parent == own or _unlimited(own)):
            pen = _make(parent, memory_mib)
            if pen is not None:
                return pen
    return _make(own, 0)


def _make(parent: Path, memory_mib: int) -> Pen | None:
    """One in a group."""
    _sweep(parent)
    folder = parent / f"{NAME}{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None
    pen = Pen(folder, bool(memory_mib))
    try:
        if memory_mib:
            (folder / "memory.max").write_text(str(memory_mib * MIB))
            (folder / "memory.oom.group").write_text("1")
            with suppress(OSError):  # There need be no swap.
                (folder / "memory.swap.max").write_text("0")
        if _can_be_joined(pen):
            return pen
    except OSError:
        pass
    pen.remove()
    return None


def _can_be_joined(pen: Pen) -> bool:
    pid = os.fork()
    if pid == 0:
        try:
            pen.join()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def _sweep(parent: Path) -> None:
    """Remove what nannies left that were killed: an empty group is removed, any other refuses."""
    with suppress(OSError):
        for entry in list(os.scandir(parent)):
            pid = entry.name.removeprefix(NAME)
            if entry.name.startswith(NAME) and pid.isdecimal() and not os.path.exists(f"/proc/{pid}"):
                Pen(Path(entry.path), False).remove()


def _hands_memory_on(group: Path) -> bool:
    with suppress(OSError):
        return "memory" in (group / "cgroup.subtree_control").read_text().split()
    return False


def _unlimited(group: Path) -> bool:
    """Whether nothing that somebody has set is left together with the group."""
    with suppress(OSError):
        return all((group / name).read_text().split()[0] == "max" for name in ("memory.max", "memory.high", "pids.max"))
    return False


def _own_group() -> Path | None:
    """The group that this process is in, where its files are."""
    with suppress(OSError):
        groups = re.search(r"^0::(/.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
        mounts = re.search(r"^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup2 ", Path("/proc/self/mountinfo").read_text(), re.M)
        if groups and mounts:
            below = os.path.relpath(groups[1], mounts[1])
            place = Path(os.path.normpath(os.path.join(mounts[2], below)))
            return place if place.is_dir() and not below.startswith("..") else None
    return None
