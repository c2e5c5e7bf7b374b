"""Where a project, its fleets and the machine's cache lie."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from environment.fleet.errors import FleetError, NoProject

COMPOSE_FILE = "docker-compose.yml"
DEFAULT_NAME = "default"
"""Of the fleet that commands mean when none is named."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}", re.IGNORECASE)


def find_project(workspace: Path | None = None) -> Path:
    """The folder with the compose file: the one named, or the nearest one upwards from here. Raises NoProject."""
    if workspace is not None:
        folder = workspace.expanduser().resolve()
        if (folder / COMPOSE_FILE).is_file():
            return folder
        raise NoProject(f"{folder} has no {COMPOSE_FILE}", "Name the folder of a project with `--workspace DIR`.")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / COMPOSE_FILE).is_file():
            return folder
    raise NoProject(
        f"neither {here} nor a folder above it has a {COMPOSE_FILE}",
        "Go to a project, or name it with `--workspace DIR`.",
    )


def cache_dir(name: str = "omnicloud") -> Path:
    """What all fleets of this user share: prepared database folders, extracted programs. Raises FleetError."""
    return _users_own("XDG_CACHE_HOME", ".cache") / name


def state_dir() -> Path:
    """What is kept of episodes where the environment is installed: records, measurements. Raises FleetError."""
    return _users_own("XDG_STATE_HOME", ".local/state") / "omnicloud"


def _users_own(variable: str, below_home: str) -> Path:
    """The folder that the variable names, else the usual one in the user's home; where there is no home, or one that
    can't be written to, one among the temporary files that nobody else can use."""
    if os.environ.get(variable):
        return Path(os.environ[variable])
    try:
        usual = Path.home() / below_home
    except RuntimeError:  # Neither HOME nor an entry among the accounts.
        usual = Path(os.devnull)
    there = next(folder for folder in (usual, *usual.parents) if os.path.exists(folder))
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK, effective_ids=True):
        return usual
    instead = Path(tempfile.gettempdir()) / f"omnicloud-{os.geteuid()}"
    instead.mkdir(mode=0o700, exist_ok=True)
    status = instead.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise FleetError(
            f"this user has no home that can be written to, and {instead} isn't a folder of this user alone",
            f"Name a folder of your own in {variable}.",
        )
    return instead / below_home.rpartition("/")[2].lstrip(".")


@dataclass(frozen=True)
class FleetPaths:
    """The folder of one fleet, `<project>/.omnicloud/<name>`: it lives as long as the fleet."""

    project: Path
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise FleetError(f"{self.name!r} is no name for a fleet", "Use letters, digits, `.`, `_` and `-`.")

    @property
    def root(self) -> Path:
        return self.project / ".omnicloud" / self.name

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def settings(self) -> Path:
        """What the runner tells servers and commands in files: they read it, nobody else writes here."""
        return self.root / "settings"

    @property
    def volumes(self) -> Path:
        return self.root / "volumes"

    @property
    def state(self) -> Path:
        return self.root / "fleet.json"

    def log(self, service: str) -> Path:
        """The log of one service; `supervisor` and `zygote` have theirs too."""
        return self.logs / f"{service}.log"

    @property
    def control(self) -> str:
        """The control socket, in the kernel's abstract namespace (written with a leading `@`).

        No file that a crash could leave behind, and no limit of 108 bytes on the project's path.
        """
        return f"@omnicloud/fleet/{hashlib.sha256(str(self.root).encode()).hexdigest()[:24]}"
