"""Calls of the Linux kernel that Python 3.11 has no function for."""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_MOUNT_SETATTR, _HERE, _RECURSIVE, _READ_ONLY = 442, -100, 0x8000, 1

_LIBC = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result of a call; raises OSError when it is −1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """A call by its number, the same on every 64-bit machine for calls made since 2019. Raises OSError."""
    return checked(_LIBC.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def prctl(option: int, value: int) -> None:
    """Raises OSError when the kernel refuses."""
    longs = [ctypes.c_ulong(argument) for argument in (value, 0, 0, 0)]
    checked(_LIBC.prctl(option, *longs), f"prctl {option}")


def unshare(flags: int) -> None:
    """Leave namespaces. Raises OSError."""
    checked(_LIBC.unshare(flags), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Raises OSError."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    result = _LIBC.mount(*encoded, ctypes.c_ulong(flags), options.encode() or None)
    checked(result, f"mount on {target}")


def set_read_only(folder: str, wanted: bool) -> None:
    """Have all that is mounted at a folder and below it take changes or not. Raises OSError, always before 5.12."""
    attributes = (ctypes.c_uint64 * 4)(_READ_ONLY if wanted else 0, 0 if wanted else _READ_ONLY, 0, 0)
    syscall(
        _MOUNT_SETATTR, ctypes.c_int(_HERE), ctypes.c_char_p(os.fsencode(folder)), ctypes.c_uint(_RECURSIVE),
        ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes)),
    )  # fmt: skip


def drop_capabilities() -> None:
    """Give up every capability of root's for good: what is left is the files that belong to root."""
    number = 0
    while True:
        try:
            prctl(PR_CAPBSET_DROP, number)
        except OSError:
            break
        number += 1
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(_LIBC.capset(header, nothing), "capset")
