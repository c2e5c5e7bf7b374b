"""Notes which functions are entered, in a file that all processes of a run map into memory.

This module is copied into the root of an instrumented tree and imported there by every instrumented file; it knows
nothing of the package around it. A note is one byte at [current row][function], so nothing is lost when a process is
killed, and a fork goes on in the same file. Which row is current is written by the plugin that runs the tests.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from types import MethodType
from typing import Any

MODULE = "reach_recorder"
LAYOUT = "reach_layout.json"
NOTES = "reach_notes.bin"
HEADER = mmap.PAGESIZE
"""The first eight bytes hold where the current row begins; the rest is room."""

Hit = Callable[[int], None]


class Notes:
    """The mapped file."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        layout = json.loads((folder / LAYOUT).read_text())
        self.rows: int = layout["rows"]
        self.columns: int = layout["columns"]
        self.bases: dict[str, int] = layout["bases"]
        size = HEADER + self.rows * self.columns
        path = folder / NOTES
        if create and not path.exists():
            with open(path, "wb") as file:
                file.truncate(size)
                # Services may run as another user.
                os.fchmod(file.fileno(), 0o666)
        with open(path, "r+b") as file:
            self.memory = memoryview(mmap.mmap(file.fileno(), size))
        self.current = self.memory[:8].cast("Q")
        if not self.current[0]:
            self.current[0] = HEADER

    def enter(self, row: int) -> None:
        """From now on this row is noted in. Raises IndexError when there is no such row."""
        if not 0 <= row < self.rows:
            raise IndexError(f"row {row} of {self.rows}")
        self.current[0] = HEADER + row * self.columns


class Each:
    """A function that notes every call and is otherwise the one below, its attributes included."""

    def __init__(self, function: Any, hit: Hit, number: int) -> None:
        update_wrapper(self, function)
        self._function = function
        self._hit = hit
        self._number = number

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self._hit(self._number)
        return self._function(*arguments, **named)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def of(path: str) -> tuple[Hit, Callable[[int], Callable[[Any], Any]]]:
    """How a file notes that its n-th function is entered, and a decorator that notes every call of it."""
    hit = _hit(_notes, path)
    return hit, lambda number: lambda function: Each(function, hit, number)


def _hit(notes: Notes | None, path: str) -> Hit:
    if notes is None or path not in notes.bases:
        return lambda number: None
    memory, current, base = notes.memory, notes.current, notes.bases[path]

    def hit(number: int) -> None:
        memory[current[0] + base + number] = 1

    return hit


def _open() -> Notes | None:
    """The notes beside this module; none when nobody records."""
    try:
        return Notes(Path(__file__).parent)
    except FileNotFoundError:
        return None


def record() -> Notes:
    """Make the notes if they aren't there; files imported from now on note in them."""
    global _notes
    _notes = Notes(Path(__file__).parent, create=True)
    return _notes


_notes = _open()
