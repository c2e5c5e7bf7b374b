"""Landlock: a process gives up, for itself and all that descend from it, what it isn't explicitly left.

Rules say which files may be read and written; everything else is refused, whoever owns it. From the first version on, a
confined process can't look into the memory of one outside; from the sixth (Linux 6.12) on, it can't send it signals
or reach its abstract sockets either. See `man 7 landlock`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import stat
from collections.abc import Iterable

from environment.fleet.walls.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

SCOPES_SINCE = 6
"""The version from which on signals and abstract sockets end at the wall, too."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_DEVICES = 1 << 6 | 1 << 11
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_HANDLED_BY_VERSION = {1: _REFER - 1, 2: _TRUNCATE - 1, 3: _IOCTL - 1, 4: _IOCTL - 1}
_ALL = (_IOCTL << 1) - 1
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_SCOPES = 1 << 0 | 1 << 1

READ = _EXECUTE | _READ_FILE | _READ_DIR
LIST = _READ_DIR
WRITE = _ALL & ~_MAKE_DEVICES


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


@functools.cache
def version() -> int:
    """The version that the kernel has; 0 without Landlock."""
    try:
        return syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except OSError:
        return 0


def ruleset(rights: Iterable[tuple[str, int]]) -> int:
    """A descriptor of rules: paths and what is left of each (`READ`, `LIST`, `WRITE`), with everything below it.

    Paths that don't exist are left out. Raises OSError without Landlock.
    """
    handled = _HANDLED_BY_VERSION.get(version(), _ALL)
    attributes = _Ruleset(handled, 0, _SCOPES)
    size = 24 if version() >= SCOPES_SINCE else 16 if version() >= 4 else 8
    rules = syscall(_CREATE, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path, allowed in rights:
            _allow(rules, path, allowed & handled)
    except BaseException:
        os.close(rules)
        raise
    return rules


def _allow(rules: int, path: str, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            allowed &= _OF_FILES
        if allowed:
            rule = _Beneath(allowed, place)
            syscall(_ADD, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(place)


def restrict(rules: int) -> None:
    """Put this thread, and all that it starts from now on, behind the rules. There is no way back. Raises OSError."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(_RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0))
