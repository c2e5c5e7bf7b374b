"""Text that knows how much of it was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import SupportsIndex


class Watched(str):
    """Text that counts how many of its characters a comparison needs to look at."""

    looked: int = 0

    def __iter__(self) -> Iterator[str]:
        for character in str(self):
            self.looked += 1
            yield character

    def __getitem__(self, place: SupportsIndex | slice) -> str:
        self.looked += 1
        return str.__getitem__(self, place)

    def __eq__(self, other: object) -> bool:
        common = next(
            (at for at, pair in enumerate(zip(str(self), str(other), strict=False)) if len(set(pair)) > 1), 64
        )
        self.looked += common
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __str__(self) -> str:
        return str.__str__(self)
