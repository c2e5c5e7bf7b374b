"""A child of the zygote that has imported what most services import first, and forks them.

Like the zygote, which loads it from this file, it knows nothing of the package around it. It must make no difference to
`python -m MODULE` but memory and time. So it imports, in their order, only what stands at the head of the module that
most services run, as the user that they run as; and it gives up, whereupon services are forked from the zygote, when
these imports fail, print, take long, look at the environment or at what differs between processes, or leave a thread,
an open file, another folder or import path behind. Once a file changes that was imported, it forks nobody any more.

Services are children of the zygote nonetheless: each is forked by a process that ends at once, so that the zygote, the
nearest subreaper, becomes its parent.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import json
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

HARMLESS = frozenset({"PYDANTIC_DISABLE_PLUGINS"})
"""Read for every model; what it switches off is no part of the platform."""
Stamp = tuple[int, int, int]
ADOPTED_SECONDS = 5.0


class Unfit(Exception):
    """The imports might make a difference; the message says which."""


def head_imports(file: str) -> list[tuple[str, tuple[str, ...]]]:
    """The modules in the import statements at a file's top level, in order, and what is taken from each."""
    with open(file, "rb") as source:
        tree = ast.parse(source.read(), file)
    found: list[tuple[str, tuple[str, ...]]] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            found += [(name.name, ()) for name in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.module != "__future__":
            found.append((str(statement.module), tuple(name.name for name in statement.names)))
    return found


def preload(module: str, folder: str, output: int) -> dict[str, Stamp]:
    """Import what `module`, a file below `folder`, imports first; the stamps of all files that this read.

    `output` is an empty file to which standard output and error lead. Raises Unfit.
    """
    before = _traces()
    looked: list[str] = []
    try:
        with _watched(looked):
            for name, taken in head_imports(os.path.join(folder, *module.split(".")) + ".py"):
                __import__(name, fromlist=taken)
    except BaseException as error:  # noqa: BLE001 - SystemExit, too: what an import does is what a service must do
        raise Unfit(f"an import ends with {error!r}") from None
    if looked:
        raise Unfit(f"an import looks at {looked[0]}")
    sys.stdout.flush()
    if os.fstat(output).st_size:
        raise Unfit("an import prints")
    for what, value in _traces().items():
        if value != before[what]:
            raise Unfit(f"an import changes the {what}")
    return stamps(folder)


def _traces() -> dict[str, object]:
    """What an import must leave alone."""
    return {
        "threads": os.listdir("/proc/self/task"),
        "open files": sorted(os.listdir("/proc/self/fd")),
        "folder": os.getcwd(),
        "import path": list(sys.path),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)],
        "arguments": list(sys.argv),
        "environment": dict(os.environ),
    }


@contextlib.contextmanager
def _watched(looked: list[str]) -> Iterator[None]:
    """Note every look at the environment and at what tells one process from another."""
    environ = type(os.environ)
    methods = ("__getitem__", "__iter__", "__len__", "__setitem__", "__delitem__")
    functions = [(os, "getpid"), (os, "urandom"), (random, "_urandom"), (socket, "gethostname")]
    places = [(environ, name) for name in methods] + functions
    originals = [getattr(owner, name) for owner, name in places]

    def noting(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            if not (name == "__getitem__" and arguments[1] in HARMLESS):
                looked.append("the environment" if name.startswith("__") else name)
            return original(*arguments, **named)

        return noted

    for (owner, name), original in zip(places, originals, strict=True):
        setattr(owner, name, noting(name, original))
    try:
        yield
    finally:
        for (owner, name), original in zip(places, originals, strict=True):
            setattr(owner, name, original)


def stamps(folder: str) -> dict[str, Stamp]:
    """When and as what the imported files below the folder were written last. Raises Unfit when one is gone."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    try:
        return {file: _stamp(file) for file in files if file and file.startswith(folder + os.sep)}
    except OSError as error:
        raise Unfit(f"{error.filename} went") from None


def _stamp(file: str) -> Stamp:
    found = os.stat(file)
    return found.st_mtime_ns, found.st_size, found.st_ino


def changed(known: dict[str, Stamp]) -> bool:
    """Whether any of the files isn't what it was."""
    try:
        return any(_stamp(file) != stamp for file, stamp in known.items())
    except OSError:
        return True


def serve(channel: socket.socket, zygote: int, known: dict[str, Stamp]) -> tuple[dict[str, Any], int] | None:
    """Fork a child for every request, which comes with the descriptor of its log; answers its pid, or 0 once a file has
    changed. Returns request and log in the child, None when the zygote is gone or has no more use for this process."""
    gc.freeze()
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, 1 << 20, 1)
        if not data or changed(known):
            return None
        request: dict[str, Any] = json.loads(data)
        read, write = os.pipe()
        between = os.fork()
        if between == 0:
            os.close(read)
            child = os.fork()
            if child:
                os.write(write, str(child).encode())
                os._exit(0)
            os.close(write)
            channel.close()
            _await_adoption(zygote)
            return request, descriptors[0]
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            pid = answer.read()
        os.waitpid(between, 0)
        os.close(descriptors[0])
        channel.send(pid or b"0")


def _await_adoption(zygote: int) -> None:
    deadline = time.monotonic() + ADOPTED_SECONDS
    while os.getppid() != zygote:
        if time.monotonic() > deadline:
            os._exit(1)
        time.sleep(0.0005)
