"""How processes that are forked from one come to share its memory, and keep sharing it.

Like the zygote, which loads it from this file, it knows nothing of the package around it.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable

TABLE_PAGES = 256
"""Less than a grown table takes at once, more than a few strings do."""
MANY_WORDS = 200_000
"""Enough to fill any table that the libraries leave."""
M_ARENA_MAX = -8
"""Of glibc's mallopt."""
BYTES_OVERHEAD = sys.getsizeof(b"")
BYTES_CLASSES = range(48, 513, 16)
"""The interpreter's allocator serves sizes in steps of 16 up to 512; a bytes object is the plainest thing of a size."""
C_SIZES = tuple(1 << power for power in range(16, 3, -1))
"""Largest first, so that small pieces don't break up large holes."""


def widen_interned() -> None:
    """Make the table of interned strings grow now: it is near its limit, and in every child it would grow anew."""
    words: list[str] = []
    resident = _resident_pages()
    while len(words) < MANY_WORDS and (now := _resident_pages()) - resident < TABLE_PAGES:
        resident = now
        words += [sys.intern(f"no word of any program {len(words) + place}") for place in range(64)]


def _resident_pages() -> int:
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[1])


def fill_holes() -> list[object]:
    """Occupy what is free in the memory that children share; what must be kept for that.

    A child that put its objects into the holes between the libraries' would copy a page for each of them. So it begins
    with new pages, which it fills. One arena of the C library is enough under the interpreter's lock; one for every few
    threads would be as sparse.
    """
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    libc.mallopt(M_ARENA_MAX, 1)
    with open("/proc/self/maps") as maps:
        ranges = [line.split()[0].split("-") for line in maps]
    present = [(int(start, 16), int(end, 16)) for start, end in ranges]

    def shared(address: int) -> bool:
        return any(start <= address < end for start, end in present)

    kept: list[object] = []
    makers: list[Callable[[], object]] = [object, _small]
    makers += [functools.partial(bytes, size - BYTES_OVERHEAD) for size in BYTES_CLASSES]
    for make in makers:
        kept.append(make())
        while shared(id(kept[-1])):
            kept.append(make())
    for size in C_SIZES:
        while shared(libc.malloc(size)):
            pass
    return kept


def _small() -> float:
    """An object of 24 bytes."""
    return float("0.5")
