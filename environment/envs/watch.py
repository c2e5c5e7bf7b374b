"""Tells whether a file was read, by whichever process, through `inotify` (Linux)."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

from environment.grading.errors import InfrastructureError

_LIBC = ctypes.CDLL(None, use_errno=True)
_ACCESS = 0x1
"""IN_ACCESS: some of the content was read. Opening, listing and asking for the size don't count."""
_EVENT = struct.Struct("iIII")
_EVENTS_BYTES = 1 << 16


class Watch:
    """Watches one file, also under another name, until `close`."""

    def __init__(self, path: Path) -> None:
        """Raises `InfrastructureError` when this machine has no watch left to give."""
        self._descriptor = _checked(_LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            _checked(_LIBC.inotify_add_watch(self._descriptor, os.fsencode(path), ctypes.c_uint32(_ACCESS)))
        except InfrastructureError:
            os.close(self._descriptor)
            raise

    def was_read(self) -> bool:
        """Whether the file was read since this was last asked."""
        found = False
        while True:
            try:
                events = os.read(self._descriptor, _EVENTS_BYTES)
            except BlockingIOError:
                return found
            offset = 0
            while offset < len(events):
                _, mask, _, name_bytes = _EVENT.unpack_from(events, offset)
                found = found or bool(mask & _ACCESS)
                offset += _EVENT.size + name_bytes

    def close(self) -> None:
        """Give the watch back."""
        os.close(self._descriptor)


def _checked(result: int) -> int:
    if result < 0:
        raise InfrastructureError(f"a file can't be watched: {os.strerror(ctypes.get_errno())}")
    return result
