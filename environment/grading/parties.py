"""The rooms of the parties that take part in an episode.

Four parties must not read or signal each other: the agent's commands, the code under test in its fleet, the unit tests,
and the grader. None but the grader sees the reference.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from environment.fleet.walls import landlock, libraries
from environment.fleet.walls.host import Host, this_host
from environment.fleet.walls.interpreter import lay_out, leads_to
from environment.fleet.walls.limits import Limits
from environment.fleet.walls.room import Room
from environment.fleet.walls.users import draw_user, give
from environment.grading.errors import InfrastructureError

OWN_PACKAGES = frozenset({"environment", "services", "shared", "tests"})
"""What the reference consists of; also their names among installed packages, where it was installed."""
DISTRIBUTION = "omnicloud"
REPOSITORY = Path(__file__).resolve().parents[2]

ACCOUNTS = Path("/etc/passwd")
USER_NAME = "developer"

UNIT_LIMITS = Limits(memory_mib=4096, file_mib=256, processes=512)
AGENT_LIMITS = Limits(file_mib=4096, processes=4096)
SERVICE_LIMITS = Limits(file_mib=2048, processes=4096)
UNIT_MEMORY_MIB = 4096
AGENT_MEMORY_MIB = 12_288
"""For as many fleets as `omnicloud test` starts at most."""
SERVICE_MEMORY_MIB = 6144
"""A fleet with its servers takes 1,300."""


@dataclass(frozen=True)
class Party:
    """A party's room and the interpreter that it runs, which has the libraries without the reference."""

    room: Room | None
    python: Path

    def own(self, *folders: Path) -> None:
        """Give folders to the party's user, where it has one."""
        if self.room is not None and self.room.user:
            for folder in folders:
                give(str(folder), self.room.user)


@dataclass(frozen=True)
class Parties:
    """Makes rooms, on a host, that hide the repository and further folders."""

    host: Host
    secret: tuple[Path, ...] = ()

    @cached_property
    def _readable(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        whole, named = libraries.pieces([*libraries.SYSTEM, *libraries.homes()], map(str, self._hidden))
        # Who may list a folder may list what is hidden in it, too, and names tell of bugs: only where Python must.
        needed = libraries.standard()
        return (*whole, *map(str, libraries.programs())), tuple(path for path in named if path in needed)

    @cached_property
    def _hidden(self) -> tuple[Path, ...]:
        installed = [
            entry
            for folder in libraries.packages()
            for entry in folder.iterdir()
            if leads_to(entry, OWN_PACKAGES, (DISTRIBUTION, str(REPOSITORY)))
        ]
        # An installed reference lies among the libraries, and those may be read.
        whole = [] if REPOSITORY in libraries.packages() else [REPOSITORY]
        return (*whole, *installed, *self.secret)

    def party(
        self,
        folder: Path,
        temporary: Path,
        *,
        read: Sequence[Path] = (),
        write: Sequence[Path] = (),
        limits: Limits = Limits(),
        network: bool = False,
        fleet: bool = False,
    ) -> Party:
        """A new party, whose interpreter is laid out below `folder`; `temporary` is its own to write, and `write`.

        With `network`, it reaches the machine's network. A `fleet` enters its room once for each of its processes.
        """
        python = lay_out(folder / "python", OWN_PACKAGES, (DISTRIBUTION, str(REPOSITORY)))
        host = self.host
        if not host.means:
            return Party(None, python)
        whole, named = self._readable
        user = draw_user() if host.users else 0
        room = Room(
            read=(*whole, str(folder / "python"), *map(str, read)),
            names=named,
            write=(str(temporary), *map(str, write)),
            hidden=tuple(map(str, self._hidden)),
            user=user,
            accounts=_account(folder, user) if user and host.mounts else "",
            temporary=str(temporary),
            user_namespace=host.user_namespace,
            mounts=host.mounts,
            network=not network and host.network,
            # Users don't see each other's processes. Without them, others' command lines can be read; where Landlock
            # keeps signals back, each process of a fleet isn't worth a namespace for that.
            processes=host.processes and not host.users and (not fleet or host.landlock < landlock.SCOPES_SINCE),
            hiding=bool(user) and host.hiding,
            read_only=bool(user) and host.read_only and not host.landlock,
            landlock=bool(host.landlock),
            limits=limits,
        )
        party = Party(room, python)
        party.own(temporary, *write)
        return party


def _account(folder: Path, user: int) -> str:
    """A list of accounts in which the user has a name."""
    file = folder / "passwd"
    file.write_text(ACCOUNTS.read_text() + f"{USER_NAME}:x:{user}:{user}::/tmp:/bin/bash\n")
    file.chmod(0o644)
    return str(file)


def parties(*secret: Path) -> Parties:
    """Those of this host. Raises `InfrastructureError` when it is too busy to say what it can give."""
    try:
        return Parties(this_host(), secret)
    except subprocess.SubprocessError as error:
        raise InfrastructureError(f"it can't be found out what walls this host can give: {error}") from error
