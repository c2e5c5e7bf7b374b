"""A view of the file system, of processes and of the network that is a party's own."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import stat
import struct
from collections.abc import Iterable, Sequence

from environment.fleet.walls.kernel import mount, set_read_only, unshare

NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
HIDING_SINCE = (5, 8)
"""The version of Linux from which on each view of processes hides what it is told to."""
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def be_root_of_a_user_namespace() -> None:
    """Have the right to make other namespaces, as a user who has no rights; files belong to whom they belonged.

    Raises OSError where the host forbids it.
    """
    user, group = os.getuid(), os.getgid()
    unshare(NEW_USER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def have_mounts_of_ones_own() -> None:
    """What is mounted from now on is seen by this process and its descendants alone. Raises OSError."""
    unshare(NEW_MOUNTS)
    mount(None, "/", None, _REC | _PRIVATE)


def cover(folder: str, keep: Iterable[str], instead: str = "", mode: int = 0o755) -> None:
    """Put an empty folder, or the folder `instead`, in a folder's place; what shall be kept of it is there as before.

    Raises OSError.
    """
    kept = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in _outermost(keep) if os.path.exists(path)]
    if instead:
        mount(instead, folder, None, _BIND)
    else:
        mount("tmpfs", folder, "tmpfs", _NOSUID | _NODEV, f"mode={mode:o},size=64m")
    for path, descriptor in kept:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.makedirs(path, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
        mount(f"/proc/self/fd/{descriptor}", path, None, _BIND | _REC)
        os.close(descriptor)


def see_only_ones_own_processes() -> None:
    """A /proc in which a user other than root sees no process of others. Raises OSError."""
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    if version is None or tuple(map(int, version.groups())) < HIDING_SINCE:
        # There it would change the /proc of the whole machine.
        raise OSError("this kernel hides processes in all views of them or in none")
    mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC, "hidepid=invisible")


def write_only(paths: Iterable[str]) -> None:
    """Have nothing but these folders, and what is mounted from now on, take files. Raises OSError."""
    places = [path for path in _outermost(paths) if os.path.isdir(path)]
    for path in places:
        mount(path, path, None, _BIND | _REC)
    set_read_only("/", True)
    for path in places:
        set_read_only(path, False)


def put(file: str, place: str) -> None:
    """Have a file stand in another one's place. Raises OSError."""
    mount(file, place, None, _BIND)


def _outermost(paths: Iterable[str]) -> Sequence[str]:
    """The paths without those that lie below another one."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not found or not path.startswith(found[-1].rstrip("/") + "/"):
            found.append(path)
    return found


def have_memory_of_ones_own(size: str = "256m") -> None:
    """A /dev/shm that nobody else sees, also where the host's can't be written. Raises OSError."""
    unshare(NEW_IPC)
    if os.path.isdir("/dev/shm"):
        mount("tmpfs", "/dev/shm", "tmpfs", _NOSUID | _NODEV, f"mode=1777,size={size}")


def have_processes_of_ones_own() -> int:
    """In a new process, the first of a namespace of processes: 0. In the one that called: that one's id.

    When the first process ends, all others do. Raises OSError.
    """
    unshare(NEW_PROCESSES)
    pid = os.fork()
    if pid == 0:
        mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    return pid


def have_a_network_of_ones_own() -> None:
    """A loopback that nobody else reaches, and nothing beyond it. Raises OSError."""
    unshare(NEW_NETWORK)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, _GET_FLAGS, request))[1]
        fcntl.ioctl(probe, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))
