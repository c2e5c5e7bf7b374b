"""Writes down what a job reads. Executed within the job's own process before its first line of code.

Like the zygote, which loads it from this file, it knows nothing of the package around it. An audit hook sees every
file that is opened, every folder that is listed and every module that is looked for; forked children inherit it. What
could escape it, or would be an effect that no server's data holds, is written down as such.

A line for each observation, `KIND<tab>NAME` with the name in JSON; paths are absolute:
  r  a file was opened for reading (for compiled code, its source)   l  a folder was listed
  i  a module was looked for                                          x  something that can't be traced or kept
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

SEARCH = "<frozen importlib._bootstrap_external>"
"""Listings by the import system are of no interest: which modules were looked for is told by name."""
PROGRAMS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.spawn"})
CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
COMPILED = f"{os.sep}__pycache__"


def install(descriptor: int, project: str, fleet: str, passing: Sequence[str]) -> None:
    """Trace this process and its children from now on, into `descriptor`.

    `project` is the folder whose files count, but for those in `fleet`: its content is the data itself. What is written
    in the folders `passing` doesn't last; the project may lie in one of them.
    """
    seen: set[tuple[str, str]] = set()
    inside = (project + os.sep,)
    ours = (fleet + os.sep,)
    nowhere = tuple(folder.rstrip(os.sep) + os.sep for folder in passing)

    def tell(kind: str, name: str) -> None:
        if (kind, name) not in seen:
            seen.add((kind, name))
            os.write(descriptor, f"{kind}\t{json.dumps(name)}\n".encode())

    def placed(path: Any) -> str:
        """The absolute path; empty for what is no path (a descriptor that was opened before)."""
        return os.path.abspath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else ""

    def changed(path: str, how: str) -> None:
        if not path or path.startswith(ours) or COMPILED in path:
            return
        if path.startswith(inside) or not path.startswith(nowhere):
            tell("x", f"{how} {path}")

    def opened(path: str, mode: Any, flags: Any) -> None:
        if not path or path.startswith(ours):
            return
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITING):
            changed(path, "writes")
        elif path.startswith(inside):
            folder, name = os.path.split(path)
            if os.path.basename(folder) == "__pycache__":
                path = os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
            tell("r", path)

    def listed(path: str) -> None:
        caller = sys._getframe(2).f_code.co_filename
        if caller != SEARCH and (path + os.sep).startswith(inside) and not (path + os.sep).startswith(ours):
            tell("l", path)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        try:
            if event == "open":
                opened(placed(arguments[0]), arguments[1], arguments[2])
            elif event == "import":
                tell("i", str(arguments[0]))
            elif event in ("os.listdir", "os.scandir"):
                listed(placed("." if arguments[0] is None else arguments[0]))
            elif event in CHANGES:
                for path in arguments[:2]:
                    changed(placed(path), event)
            elif event in PROGRAMS:
                tell("x", event)
        except Exception as error:  # noqa: BLE001 - in the job it would look like the job's own failure
            tell("x", f"{event} could not be read: {error!r}")

    sys.addaudithook(hook)
