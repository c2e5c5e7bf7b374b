"""A space of any text, also for vectors of environments in processes of their own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory

CHARACTERS = 0x110000
"""How many code points Unicode has, halves of surrogate pairs among them."""
ENCODING, ERRORS = "utf-32-le", "surrogatepass"
WIDTH = np.dtype(np.int32)


class _AllCharacters(Sequence[str]):
    """Every character at the place of its code point, without holding them."""

    def __len__(self) -> int:
        return CHARACTERS

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [chr(code) for code in range(CHARACTERS)[index]]
        return chr(range(CHARACTERS)[index])

    def __contains__(self, character: object) -> bool:
        return isinstance(character, str) and len(character) == 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _AllCharacters)

    def __hash__(self) -> int:
        return hash(CHARACTERS)


class FreeText(spaces.Text):
    """Every string up to a length, of any characters. Samples are short and made of letters and digits, so that a
    sampled shell command is a word that no shell knows."""

    def __init__(self, max_length: int, seed: int | None = None) -> None:
        super().__init__(max_length=max_length, min_length=0, seed=seed)

    def contains(self, x: Any) -> bool:
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        length = int(self.np_random.integers(1, min(12, self.max_length) + 1))
        return "".join(self.np_random.choice(list(self.characters), size=length))

    # What gymnasium asks of the characters when it makes arrays of a text, and texts of an array.

    @property
    def character_set(self) -> Any:
        return _AllCharacters()

    @property
    def character_list(self) -> Any:
        return _AllCharacters()

    def character_index(self, char: str) -> Any:
        return WIDTH.type(ord(char))


# Gymnasium's way of putting a text into shared memory takes a step for each character that there could be, a million in
# an observation. Here its length comes first, and only as much is read and written.


@create_shared_memory.register(FreeText)
def _create(space: FreeText, n: int = 1, ctx: Any = multiprocessing) -> Any:
    return ctx.Array(WIDTH.char, n * (space.max_length + 1))


@write_to_shared_memory.register(FreeText)
def _write(space: FreeText, index: int, value: str, shared_memory: Any) -> None:
    row = _rows(space, shared_memory)[index]
    codes = np.frombuffer(value.encode(ENCODING, ERRORS), dtype=WIDTH)
    row[0] = len(codes)
    row[1 : 1 + len(codes)] = codes


@read_from_shared_memory.register(FreeText)
def _read(space: FreeText, shared_memory: Any, n: int = 1) -> _Texts:
    return _Texts(_rows(space, shared_memory)[:n])


class _Texts(Sequence[str]):
    """The texts that stand in shared memory whenever one is looked at: gymnasium reads once for all, and hands out
    copies. A copy is a tuple, which stays as it is."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return tuple(self)[index]
        row = self._rows[index]
        text: str = row[1 : 1 + row[0]].tobytes().decode(ENCODING, ERRORS)
        return text

    def __deepcopy__(self, memo: object) -> tuple[str, ...]:
        return tuple(self)


def _rows(space: FreeText, shared_memory: Any) -> Any:
    return np.frombuffer(shared_memory.get_obj(), dtype=WIDTH).reshape(-1, space.max_length + 1)
