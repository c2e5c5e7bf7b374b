"""A Python with the installed libraries, but without one package, for those who must not see that package.

It is laid out like a virtual environment of its own. Where the hidden package isn't among the installed ones, their
folder is on its path, and nothing in it that would put further folders there is obeyed. Where it is, the packages are
links to the installed ones, and those are left out that are hidden or lead to what is.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from environment.fleet.walls.libraries import packages, programs, python

MODULES = {"pytest": "pytest"}
"""Commands beside `python` that are scripts, and the modules that they run."""


def lay_out(folder: Path, hidden: Collection[str], words: Collection[str]) -> Path:
    """Make the interpreter in a new folder; its executable.

    `hidden` are names of packages, `words` what stands in the name or the text of a file that leads to them.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    bin_folder, libraries = folder / "bin", folder / "lib" / version / "site-packages"
    for place in (bin_folder, libraries):
        place.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"home = {python().parent}\ninclude-system-site-packages = false\n")
    for name in ("python", "python3", version):
        (bin_folder / name).symlink_to(python())
    for file in programs():
        (bin_folder / file.name).symlink_to(file)
    for name, module in MODULES.items():
        script = bin_folder / name
        script.write_text(f'#!/bin/sh\nexec "{bin_folder / "python"}" -m {module} "$@"\n')
        script.chmod(0o755)
    if not any((source / name).exists() for source in packages() for name in hidden):
        (libraries / "libraries.pth").write_text("".join(f"{source}\n" for source in packages()))
        return bin_folder / "python"
    for entry in (entry for source in packages() for entry in sorted(source.iterdir())):
        link = libraries / entry.name
        if not link.exists() and not leads_to(entry, hidden, words):
            link.symlink_to(entry)
    return bin_folder / "python"


def leads_to(entry: Path, hidden: Collection[str], words: Collection[str]) -> bool:
    """Whether something among installed packages is, or leads to, one of the hidden packages."""
    if entry.name in hidden or any(word in entry.name for word in words):
        return True
    try:
        return entry.suffix == ".pth" and any(word in entry.read_text(errors="replace") for word in words)
    except OSError:
        return True
