"""What a party takes of the machine's memory, counted where no control group bounds it.

The kernel limits each process by itself, and some of what they take is no process's: shared memory and files in memory
last as long as somebody holds them. The sum is looked at often and cheaply, with what all of the machine's processes
have in shared memory as the most that can be this party's. Only where that is too much, it is counted what it is.
"""

from __future__ import annotations

import ctypes
import os
import stat
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from environment.fleet.walls.kernel import syscall

MIB = 2**20
LEAST_SECONDS = 0.25
SHARE = 0.01
"""Of a core, at most, for looking; so it takes longer between two looks where there are many processes."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT, _RESIDENT = 1, 21
_SYSV_USER, _SYSV_CREATOR, _SYSV_RESIDENT = 7, 4, 14
_SETNS = {"x86_64": 308, "aarch64": 268, "riscv64": 268}
_COUNTED = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
_TMPFS, _RAMFS = "tmpfs", "ramfs"

Sizes = Mapping[int, int]
"""Bytes of a process."""


@dataclass
class Watch:
    """Looks at all that descends from a process."""

    root: int
    user: int
    """Whose shared memory is the party's where there is one for all; 0 for none."""
    most_mib: int
    known: int = field(default=0, init=False)
    """What was counted last; `at` is what it looked like then, and `due` the time from which that is too old."""
    at: int = field(default=0, init=False)
    due: float = field(default=0.0, init=False)

    def look(self) -> tuple[bool, float]:
        """Whether there is too much now, and the seconds until the next look."""
        began = time.process_time()
        sizes = resident(self.root)
        looks_like = sum(sizes.values()) + _shared_of_all()
        seconds = max(LEAST_SECONDS, (time.process_time() - began) / SHARE)
        if looks_like <= self.most_mib * MIB:
            return False, seconds
        # Pages that processes share are seen in each of them: 5 GiB of a fleet are 1. What is added since they were
        # counted is believed to be as much as it looks like.
        if self.known + max(0, looks_like - self.at) > self.most_mib * MIB or time.monotonic() > self.due:
            began = time.process_time()
            self.known, self.at = taken(sizes, self.user), looks_like
            self.due = time.monotonic() + (time.process_time() - began) / SHARE
        return self.known > self.most_mib * MIB, seconds


def resident(root: int) -> Sizes:
    """What each process below `root` has in memory, shared pages included."""
    children: dict[int, list[int]] = {}
    sizes: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with suppress(OSError):
                fields = _content(f"/proc/{name}/stat").rpartition(b")")[2].split()
                children.setdefault(int(fields[_PARENT]), []).append(int(name))
                sizes[int(name)] = int(fields[_RESIDENT]) * _PAGE
    found: dict[int, int] = {}
    pending = [root]
    while pending:
        for child in children.get(pending.pop(), ()):
            found[child] = sizes[child]
            pending.append(child)
    return found


def taken(sizes: Sizes, user: int) -> int:
    """Bytes that these processes take together: each shared page once, and what lies in memory without a process."""
    own = sum(_proportional(pid, size) for pid, size in sizes.items())
    return own + _held(sizes) + _mounted(sizes) + _segments(sizes, user)


def _content(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def _shared_of_all() -> int:
    for line in _content("/proc/meminfo").splitlines():
        if line.startswith(b"Shmem:"):
            return int(line.split()[1]) * 1024
    return 0


def _proportional(pid: int, size: int) -> int:
    """Of one process. Whoever doesn't let itself be looked into has all that it shows counted."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_COUNTED))
    except ProcessLookupError:
        return 0
    except OSError:
        return size


def _held(processes: Collection[int]) -> int:
    """Files in memory without a name."""
    in_memory = {device for device, _ in _in_memory("self")}
    sizes: dict[tuple[int, int], int] = {}
    for pid in processes:
        with suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                with suppress(OSError):
                    status = entry.stat()
                    unnamed = status.st_nlink == 0 and stat.S_ISREG(status.st_mode)
                    # memfd_create's lie on a disk that is nowhere mounted.
                    if unnamed and (status.st_dev in in_memory or os.readlink(entry.path).startswith("/memfd:")):
                        sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def _in_memory(pid: int | str) -> list[tuple[int, str]]:
    """The file systems in memory that a process sees: their numbers, and where they are."""
    found: list[tuple[int, str]] = []
    with suppress(OSError), open(f"/proc/{pid}/mountinfo", errors="surrogateescape") as lines:
        for line in lines:
            before, _, after = line.partition(" - ")
            if after.split()[0] in (_TMPFS, _RAMFS):
                fields = before.split()
                major, minor = map(int, fields[2].split(":"))
                found.append((os.makedev(major, minor), fields[4]))
    return found


def _mounted(processes: Collection[int]) -> int:
    """File systems in memory that are mounted for the party alone."""
    everybodys = {device for device, _ in _in_memory("self")}
    sizes: dict[int, int] = {}
    for pid in _one_of_each("mnt", processes):
        for device, place in _in_memory(pid):
            if device not in everybodys and device not in sizes:
                with suppress(OSError):
                    path = f"/proc/{pid}/root{place}"
                    # Something else may lie over it by now.
                    if os.stat(path).st_dev == device:
                        status = os.statvfs(path)
                        sizes[device] = (status.f_blocks - status.f_bfree) * status.f_frsize
    return sum(sizes.values())


def _segments(processes: Collection[int], user: int) -> int:
    """Segments of System V's shared memory, whether anybody has attached them or not."""
    total = 0
    own = os.readlink("/proc/self/ns/ipc")
    for pid in _one_of_each("ipc", processes):
        with suppress(OSError):
            if os.readlink(f"/proc/{pid}/ns/ipc") == own:
                total += _in_segments(lambda creator, owner: creator in processes or (user and owner == user))
            else:
                total += _within(pid, lambda: _in_segments(lambda creator, owner: True))
    return total


def _in_segments(ours: Callable[[int, int], object]) -> int:
    with open("/proc/sysvipc/shm") as lines:
        rows = [line.split() for line in lines][1:]
    return sum(int(row[_SYSV_RESIDENT]) for row in rows if ours(int(row[_SYSV_CREATOR]), int(row[_SYSV_USER])))


def _within(pid: int, ask: Callable[[], int]) -> int:
    """A question that is put by a child in the namespaces that a process has for its user and its shared memory."""
    number = _SETNS.get(os.uname().machine)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for name in ("user", "ipc"):
                if number and os.readlink(f"/proc/{pid}/ns/{name}") != os.readlink(f"/proc/self/ns/{name}"):
                    syscall(number, ctypes.c_int(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)), ctypes.c_int(0))
            os.write(write, str(ask()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        answer = told.read()
    os.waitpid(child, 0)
    return int(answer or 0)


def _one_of_each(kind: str, processes: Collection[int]) -> list[int]:
    """A process of each of their namespaces of a kind."""
    found: dict[str, int] = {}
    for pid in processes:
        with suppress(OSError):
            found.setdefault(os.readlink(f"/proc/{pid}/ns/{kind}"), pid)
    return list(found.values())
