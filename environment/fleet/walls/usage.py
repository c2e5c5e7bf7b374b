"""How much of the disk a party uses, and taking it back.

No limit of the kernel's counts a party's files together where its user has no quota. So they are counted after each
command and before each grading, and what is too much goes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

MOST_MIB = 4096
LARGE_BYTES = 64 * 2**20
"""Longer files go first: no source is as long."""


def used_mib(folders: Iterable[str]) -> int:
    """What the files below the folders take."""
    return sum(status.st_blocks * 512 for _, _, status, _ in _files(folders)) >> 20


def shed(folders: Iterable[str], spare: Iterable[str], most_mib: int = MOST_MIB) -> bool:
    """When the files below the folders take too much, remove large ones, and if that isn't enough all but those below
    the folders `spare`; whether that was so."""
    places = list(folders)
    if used_mib(places) <= most_mib:
        return False
    for _, name, status, descriptor in _files(places):
        if status.st_size > LARGE_BYTES:
            _remove(name, descriptor)
    if used_mib(places) > most_mib:
        kept = tuple(f"{folder}/" for folder in spare)
        for place, name, _, descriptor in _files(places):
            if not f"{place}/".startswith(kept):
                _remove(name, descriptor)
    return True


def held_mib(processes: Iterable[int], folders: Iterable[str]) -> int:
    """What files without a name take, on the folders' disks, that the processes hold open."""
    disks = {os.stat(folder).st_dev for folder in filter(os.path.isdir, folders)}
    sizes: dict[tuple[int, int], int] = {}
    for process in processes:
        with suppress(OSError):
            for entry in os.scandir(f"/proc/{process}/fd"):
                with suppress(OSError):
                    status = entry.stat()
                    if status.st_nlink == 0 and status.st_dev in disks:
                        sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values()) >> 20


def _files(folders: Iterable[str]) -> Iterator[tuple[str, str, os.stat_result, int]]:
    """Folder, name and status of every file, and the folder's descriptor: a path could lead elsewhere by now."""
    for folder in filter(os.path.isdir, folders):
        for place, _, names, descriptor in os.fwalk(folder, follow_symlinks=False):
            for name in names:
                try:
                    yield place, name, os.lstat(name, dir_fd=descriptor), descriptor
                except OSError:
                    continue


def _remove(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        return
