"""Folders for temporary files that don't outlive who made them, even when that process is killed.

Beside each folder lies a lock of its name. It is held by the process that made the folder, and by the nannies of all
that this process runs. The kernel lets a lock go with its last holder, so what isn't held by anybody is of a session
that is over, with all of its processes: `sweep` removes it. A living session is never touched, whatever its process id
or its age.

Only what lies in this user's name is believed: nobody else can make a file there that belongs to this user.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from environment.fleet.walls.users import FIRST, LAST, end_user

PREFIX = "oc-"
"""Short, since sockets lie below such folders."""
SUFFIX = ".lock"
MARK = "A folder of OmniCloud's, and what goes with it:"
PASSING = 0o711
"""Other users that are told the name of something in it can reach that; they can't look around."""

_holding = threading.Lock()
_held: set[int] = set()


class Scratch:
    """A folder of this process's own, until `close`."""

    def __init__(self, path: Path, lock: Path, descriptor: int) -> None:
        self.path = path
        self._lock = lock
        self._descriptor = descriptor
        self._further: set[Path] = set()
        with _holding:
            _held.add(descriptor)

    def goes_with(self, file: Path) -> None:
        """Have a file elsewhere removed together with the folder when this process can't do so any more."""
        if file not in self._further:
            self._further.add(file)
            _say(self._descriptor, str(file))

    def close(self) -> None:
        """Remove the folder. Safe to call twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Leave the folder to others, as it is. Safe to call twice."""
        with _holding:
            if self._descriptor not in _held:
                return
            _held.discard(self._descriptor)
            self._lock.unlink(missing_ok=True)
            os.close(self._descriptor)


def take(prefix: str = PREFIX) -> Scratch:
    """A new folder among this machine's temporary files. Raises OSError."""
    place = Path(tempfile.gettempdir())
    while True:
        path = place / f"{prefix}{secrets.token_hex(4)}"
        lock = _lock_of(path)
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        # A sweep may have come between: then it has removed the lock, and the name is left to it.
        if not _locked(descriptor) or not _is(lock, descriptor):
            os.close(descriptor)
            continue
        try:
            _say(descriptor, MARK)
            path.mkdir()
            path.chmod(PASSING)
        except BaseException:
            lock.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        return Scratch(path, lock, descriptor)


def settle(path: Path, *parts: str) -> Scratch | None:
    """The same in a folder that the caller names, which may be there already; None while a living session has it. What
    a killed one left of the folders `parts` in it is removed."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(PASSING)
    lock = path / SUFFIX
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if not _locked(descriptor):
            os.close(descriptor)
            return None
        if _is(lock, descriptor):
            break
        os.close(descriptor)
    if _marked(descriptor):
        _end(path, descriptor)
        for name in parts:
            shutil.rmtree(path / name, ignore_errors=True)
        os.truncate(descriptor, 0)
    _say(descriptor, MARK)
    return Scratch(path, lock, descriptor)


def sweep() -> list[Path]:
    """Remove the folders of sessions that are over, what goes with them, and processes that outlived a killed nanny;
    which folders these were."""
    swept = []
    for entry in sorted(os.scandir(tempfile.gettempdir()), key=lambda entry: entry.name):
        if entry.name.startswith((PREFIX, "omnicloud-")) and entry.name.endswith(SUFFIX):
            lock = Path(entry.path)
            with suppress(OSError):
                descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    if _ours(descriptor) and _locked(descriptor) and _is(lock, descriptor):
                        swept += _clear(lock, descriptor)
                finally:
                    os.close(descriptor)
    return swept


@contextmanager
def handed_on() -> Iterator[tuple[int, ...]]:
    """The locks of this process, as descriptors for a child that is to hold them, too."""
    with _holding:
        copies = tuple(map(os.dup, _held))
    try:
        yield copies
    finally:
        for descriptor in copies:
            os.close(descriptor)


def _clear(lock: Path, descriptor: int) -> list[Path]:
    folder = lock.with_name(lock.name.removesuffix(SUFFIX))
    marked = _marked(descriptor)
    if marked and folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.geteuid():
        _end(folder, descriptor)
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        return []
    lock.unlink()
    return [folder] if marked else []


def _end(folder: Path, descriptor: int) -> None:
    """End what runs in the folder of a session that is over, and remove what goes with it."""
    _end_processes(folder)
    for line in os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode().splitlines()[1:]:
        Path(line).unlink(missing_ok=True)


def _end_processes(folder: Path) -> None:
    """Kill what a party left running whose home is in the folder: where the nanny was killed, nobody else does."""
    for place, folders, _ in os.walk(folder):
        for name in folders:
            with suppress(OSError):
                owner = os.lstat(os.path.join(place, name)).st_uid
                if FIRST <= owner < LAST:
                    end_user(owner)
        if Path(place) != folder:
            folders.clear()
    mark = f"\0HOME={folder}/".encode()
    for name in os.listdir("/proc"):
        with suppress(OSError):
            if name.isdecimal() and int(name) != os.getpid() and mark in b"\0" + _environment(name):
                os.kill(int(name), signal.SIGKILL)


def _environment(process: str) -> bytes:
    with open(f"/proc/{process}/environ", "rb") as content:
        return content.read()


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + SUFFIX)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is(path: Path, descriptor: int) -> bool:
    """Whether the file still has this name."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _ours(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1


def _marked(descriptor: int) -> bool:
    return os.pread(descriptor, len(MARK), 0).decode(errors="replace") == MARK


def _say(descriptor: int, line: str) -> None:
    os.pwrite(descriptor, f"{line}\n".encode(), os.fstat(descriptor).st_size)


def _let_go() -> None:
    """In a forked child: the folders are its parent's, who still holds them."""
    global _holding
    _holding = threading.Lock()
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)
