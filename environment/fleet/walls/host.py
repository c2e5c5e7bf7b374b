"""Which walls this machine can give.

`python -m environment.fleet.walls.host` tries, in processes that end at once, and prints what worked as JSON.
OMNICLOUD_WALLS names the means that may be used ("users,namespaces,landlock"; "none"), all of them by default: it can
only take away, which shows how other hosts behave.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import environment
from environment.fleet.walls import kernel, landlock, namespaces
from environment.fleet.walls.room import closed

WALLS_VARIABLE = "OMNICLOUD_WALLS"
MEANS = ("users", "namespaces", "landlock")
PROBE_SECONDS = 300.0
"""For some milliseconds of work, on a machine that is very busy."""


@dataclass(frozen=True)
class Host:
    """What can be used here."""

    landlock: int = 0
    """The version of Landlock; 0 without."""
    root: bool = False
    users: bool = False
    """Parties can be users of their own: this process is root, and they can run Python."""
    user_namespace: bool = False
    """Namespaces need one of these first, which this process may make."""
    mounts: bool = False
    processes: bool = False
    network: bool = False
    hiding: bool = False
    """Users of their own can be kept from seeing each other's processes."""
    read_only: bool = False
    """All files but some can be kept from being written where there is no Landlock."""

    @property
    def holes(self) -> list[str]:
        """What no wall here prevents, in plain words; nothing where all hold."""
        found = []
        if self.root and not self.users:
            found.append("the code under test runs as root (no users can be changed to)")
        if not self.landlock and not (self.mounts and self.users):
            found.append("parties can read each other's files (no Landlock, and no users with mounts of their own)")
        elif not self.landlock and not self.read_only:
            found.append("parties can leave files for later ones (no Landlock, and mounts can't be made read-only)")
        if not self.users and not self.processes and self.landlock < landlock.SCOPES_SINCE:
            found.append(
                "parties can signal each other (no users, no namespaces of processes, Landlock older than Linux 6.12)"
            )
        return found

    @property
    def means(self) -> list[str]:
        """What the walls are made of, in plain words."""
        spaces = [word for word in ("mounts", "processes", "network") if getattr(self, word)]
        return [
            *(["users"] if self.users else []),
            *([f"namespaces ({', '.join(spaces)})"] if spaces else []),
            *([f"Landlock {self.landlock}"] if self.landlock else []),
        ]


@functools.cache
def this_host(allowed: str = "") -> Host:
    """What this machine can give; found out once for a process. Raises SubprocessError when it takes too long."""
    wanted = allowed or os.environ.get(WALLS_VARIABLE) or ",".join(MEANS)
    done = subprocess.run(
        [sys.executable, "-P", "-s", "-m", __name__, wanted],
        env={"PYTHONPATH": str(Path(environment.__file__).resolve().parents[1])},
        capture_output=True,
        text=True,
        timeout=PROBE_SECONDS,
        check=False,
    )
    return Host(**json.loads(done.stdout)) if done.returncode == 0 else Host()


def probe(means: frozenset[str]) -> Host:
    """Try everything. Only for a process without threads."""
    root = os.geteuid() == 0
    spaces = "namespaces" in means
    mounts = spaces and _works(namespaces.have_mounts_of_ones_own)
    user_namespace = spaces and not mounts and _works(_mounts_in_a_user_namespace)
    mounts = mounts or user_namespace
    return Host(
        root=root,
        landlock=landlock.version() if "landlock" in means else 0,
        users="users" in means and root and _works(_become_another) and (mounts or not closed([_python()])),
        user_namespace=user_namespace,
        mounts=mounts,
        processes=spaces and _works(lambda: _within(user_namespace, _processes)),
        network=spaces and _works(lambda: _within(user_namespace, namespaces.have_a_network_of_ones_own)),
        hiding=mounts and root and _works(lambda: _within(False, _hide)),
        read_only=mounts and root and _works(lambda: _within(False, lambda: namespaces.write_only(["/tmp"]))),
    )


def _works(attempt: Callable[[], None]) -> bool:
    """Whether it can be done, by doing it in a child."""
    pid = os.fork()
    if pid == 0:
        try:
            attempt()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def _mounts_in_a_user_namespace() -> None:
    namespaces.be_root_of_a_user_namespace()
    namespaces.have_mounts_of_ones_own()
    namespaces.cover("/tmp", [])


def _within(user_namespace: bool, attempt: Callable[[], None]) -> None:
    if user_namespace:
        namespaces.be_root_of_a_user_namespace()
    namespaces.have_mounts_of_ones_own()
    attempt()


def _processes() -> None:
    pid = namespaces.have_processes_of_ones_own()
    if pid == 0:
        os._exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        raise OSError("/proc can't be mounted")


def _hide() -> None:
    namespaces.see_only_ones_own_processes()
    parent = os.getppid()
    _become_another()
    if os.path.exists(f"/proc/{parent}"):
        raise OSError("processes of others are seen")


def _become_another() -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    kernel.drop_capabilities()


def _python() -> str:
    return os.path.realpath(sys.executable)


if __name__ == "__main__":
    print(json.dumps(asdict(probe(frozenset(sys.argv[1].split(","))))))
