"""What a process must be able to read in order to run programs and Python, and nothing beyond."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/proc", "/sys"),
    "/run/systemd/resolve",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts")


def python() -> Path:
    """The interpreter itself, outside of any virtual environment."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def packages() -> list[Path]:
    """The folders in which this interpreter finds installed packages."""
    folders = (Path(entry).resolve() for entry in sys.path if entry)
    return [folder for folder in dict.fromkeys(folders) if folder.name in ("site-packages", "dist-packages")]


def standard() -> set[str]:
    """The folders of the standard library, which an interpreter lists to find modules."""
    return {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}


def homes() -> list[str]:
    """The folders of the interpreter and of its packages, and what tells it where they are."""
    own = [os.path.realpath(sys.base_prefix), sys.executable, str(Path(sys.prefix) / "pyvenv.cfg")]
    return [*own, *map(str, packages())]


def programs() -> list[Path]:
    """The programs that wheels brought along, beside the interpreter of a virtual environment; scripts aren't."""
    if sys.prefix == sys.base_prefix:
        return []
    folder = Path(sys.prefix) / "bin"
    return [file for file in sorted(folder.iterdir()) if file.is_file() and not file.is_symlink() and _is_binary(file)]


def _is_binary(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(4) == b"\x7fELF"


def pieces(folders: Iterable[str], hidden: Iterable[str]) -> tuple[list[str], list[str]]:
    """What there is in the folders but for what is hidden: paths to read with all that lies below them, and folders of
    which only the names in them may be read, because something in them is hidden."""
    secrets = [os.path.realpath(path) for path in hidden]
    whole: list[str] = []
    named: list[str] = []
    for folder in folders:
        for path, complete in _cut(folder, secrets):
            (whole if complete else named).append(path)
    return whole, named


def _cut(path: str, secrets: list[str]) -> Iterator[tuple[str, bool]]:
    real = os.path.realpath(path)
    if not os.path.exists(real):
        return
    inside = [secret for secret in secrets if secret == real or secret.startswith(real.rstrip("/") + "/")]
    if not inside:
        yield path, True
    elif real not in inside:
        yield path, False
        for name in sorted(os.listdir(path)):
            below = os.path.join(path, name)
            # A link leads to where its target may be read, or nowhere.
            if not os.path.islink(below):
                yield from _cut(below, inside)
