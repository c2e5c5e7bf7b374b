"""The kernel's keys: none that one party leaves is another one's.

A session's keyring is inherited by whatever descends from who opened it, and a user's is one for all processes of that
user, however many parties they are. Neither is a file, so neither Landlock nor mounts keep parties from it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from contextlib import suppress

from environment.fleet.walls.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280}
_SECCOMP = {"x86_64": 317, "aarch64": 277, "riscv64": 277}
_JOIN_SESSION_KEYRING = 1
_SET_FILTER, _WITHOUT_MITIGATIONS = 1, 1 << 2
"""A filter of one's own making is no reason to slow the processor down, as Linux before 5.16 does."""

_X86_64, _I386, _AARCH64, _RISCV64 = 0xC000003E, 0x40000003, 0xC00000B7, 0xC00000F3
_REFUSED = {_X86_64: (248, 250), _I386: (286, 288), _AARCH64: (217, 219), _RISCV64: (217, 219)}
"""By the kind of call: the first and the last number of add_key, request_key and keyctl. Kinds that a machine doesn't
have never come."""
_OF_X32 = 0x40000000
"""Marks calls of x86's third kind, whose numbers are those of the first."""
_NUMBER, _KIND = 0, 4
_LOAD, _AND, _EQUAL, _AT_LEAST, _ABOVE, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x25, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000 | errno.ENOSYS


def have_keys_of_ones_own() -> None:
    """Leave the session keyring of the caller for a new one. Where there are no keys at all, nothing is to be left."""
    number = _KEYCTL.get(os.uname().machine)
    if number is not None:
        with suppress(OSError):
            syscall(number, ctypes.c_int(_JOIN_SESSION_KEYRING), None)


def do_without_keys() -> bool:
    """Have this process and its descendants find a kernel without keys; whether that could be done."""
    number = _SECCOMP.get(os.uname().machine)
    if number is None:
        return False
    program = _program()
    code = ctypes.create_string_buffer(program, len(program))
    told = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    try:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall(number, ctypes.c_uint(_SET_FILTER), ctypes.c_uint(_WITHOUT_MITIGATIONS), ctypes.c_char_p(told))
    except OSError:
        return False
    return True


def _program() -> bytes:
    """The filter: for each kind of calls a piece that is passed over by all others."""
    steps = [(_LOAD, 0, 0, _KIND)]
    for kind, (first, last) in _REFUSED.items():
        steps += [
            (_EQUAL, 0, 6, kind),
            (_LOAD, 0, 0, _NUMBER),
            (_AND, 0, 0, ~_OF_X32 & 0xFFFFFFFF if kind == _X86_64 else 0xFFFFFFFF),
            (_AT_LEAST, 0, 2, first),
            (_ABOVE, 1, 0, last),
            (_RETURN, 0, 0, _ERROR),
            (_RETURN, 0, 0, _ALLOW),
        ]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *step) for step in steps)
