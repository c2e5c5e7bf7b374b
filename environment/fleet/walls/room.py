"""What one party may touch, and how a process goes behind the walls of it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from environment.fleet.walls import landlock, namespaces
from environment.fleet.walls.kernel import PR_SET_PDEATHSIG, drop_capabilities, prctl
from environment.fleet.walls.libraries import DEVICES
from environment.fleet.walls.limits import Limits

ROOM_VARIABLE = "OMNICLOUD_ROOM"
"""Tells the runner of a fleet, in a file, behind which walls its services are to run."""
MEMORY, TEMPORARY, ACCOUNTS = "/dev/shm", "/tmp", "/etc/passwd"
PRIVATE_HOME = 0o001
"""The right of everybody to pass through a folder."""


@dataclass(frozen=True)
class Room:
    """The walls of one party. What isn't listed can't be read, what isn't in `write` not written."""

    read: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Folders of which only the names in them can be read."""
    write: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    """Folders that are covered where Landlock can't keep them from being read."""
    user: int = 0
    """Id of the user and of the group to become; 0 to stay who one is."""
    temporary: str = ""
    """The folder for temporary files; it stands in the place of /tmp where mounts of one's own are possible."""
    accounts: str = ""
    """The file that stands in the place of /etc/passwd: some programs refuse a user without a name."""
    user_namespace: bool = False
    mounts: bool = False
    processes: bool = False
    network: bool = False
    hiding: bool = False
    """Not to see processes of other users."""
    read_only: bool = False
    """To have mounts keep it from writing elsewhere, where Landlock doesn't."""
    landlock: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def separate(self) -> bool:
        """Whether temporary files and shared memory are the party's own."""
        return self.mounts and bool(self.temporary)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Room:
        values: dict[str, Any] = json.loads(text)
        lists: dict[str, Any] = {name: tuple(values.pop(name)) for name in ("read", "names", "write", "hidden")}
        return cls(**lists, limits=Limits(**values.pop("limits")), **values)

    def rights(self) -> Iterator[tuple[str, int]]:
        """What Landlock leaves."""
        yield from ((path, landlock.READ) for path in self.read)
        yield from ((path, landlock.LIST) for path in self.names)
        yield from ((path, landlock.WRITE) for path in (*self.write, *DEVICES))
        if self.separate:
            yield from ((path, landlock.WRITE) for path in (TEMPORARY, MEMORY))


def temporary(room: Room) -> str:
    """Where the party's programs put temporary files."""
    return TEMPORARY if room.separate or not room.temporary else room.temporary


def told_room(variables: Mapping[str, str]) -> Room | None:
    """The room that the caller of a fleet's runner wants the fleet's processes to be in."""
    path = variables.get(ROOM_VARIABLE)
    return Room.from_json(Path(path).read_text()) if path else None


def furnish(room: Room, rules: int, own: str) -> None:
    """Do what only has to be done once for many children, each of which then becomes the room's user and restricts
    itself by the rules, which are put at the descriptor `rules`; −1 where Landlock isn't used. This process goes on
    writing to its folder `own`. Raises OSError.
    """
    if room.user_namespace:
        namespaces.be_root_of_a_user_namespace()
    if room.mounts:
        _furnish(room, [own])
    room.limits.apply(alone=bool(room.user) or room.user_namespace)
    if not room.user:
        drop_capabilities()
    if room.landlock:
        made = landlock.ruleset(room.rights())
        os.dup2(made, rules)
        os.close(made)


def enter(room: Room) -> None:
    """Go behind the walls, for good. The process that returns may be a child of the one that called: that one then
    waits for its end and ends likewise. Raises OSError when the host refuses; the process must end then.
    """
    if room.user_namespace:
        namespaces.be_root_of_a_user_namespace()
    if room.mounts:
        _furnish(room)
    if room.network:
        namespaces.have_a_network_of_ones_own()
    if room.processes and (pid := namespaces.have_processes_of_ones_own()):
        _end_as(pid)
    room.limits.apply(alone=bool(room.user) or room.user_namespace)
    if room.user:
        os.setgroups([])
        os.setgid(room.user)
        os.setuid(room.user)
    drop_capabilities()
    # A change of users takes it away.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if room.landlock:
        rules = landlock.ruleset(room.rights())
        landlock.restrict(rules)
        os.close(rules)


def _furnish(room: Room, kept: Iterable[str] = ()) -> None:
    """Put what is the party's own in the place of what all share, and clear the way to what it may use. Whoever owns
    the folders `kept` can write to them."""
    namespaces.have_mounts_of_ones_own()
    needed = [*room.read, *room.write]
    if room.read_only:
        namespaces.write_only([*room.write, *kept])
    if room.hiding:
        namespaces.see_only_ones_own_processes()
    if room.accounts:
        namespaces.put(room.accounts, ACCOUNTS)
    for folder in sorted(closed(needed) if room.user else ()):
        namespaces.cover(folder, _below(folder, needed))
    for folder in filter(os.path.isdir, () if room.landlock else room.hidden):
        namespaces.cover(folder, _below(folder, needed))
    if room.separate:
        namespaces.have_memory_of_ones_own()
        namespaces.cover(TEMPORARY, _below(TEMPORARY, needed), room.temporary)


def _below(folder: str, paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.startswith(folder.rstrip("/") + "/")]


def closed(paths: Iterable[str]) -> set[str]:
    """The outermost folders on the way to these paths through which not everybody may pass."""
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")
        for end in range(2, len(parts)):
            folder = "/".join(parts[:end])
            try:
                if not os.stat(folder).st_mode & PRIVATE_HOME:
                    found.add(folder)
                    break
            except OSError:
                break
    return found


def _end_as(pid: int) -> None:
    """Wait for the end of a process and end in the same way."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)
