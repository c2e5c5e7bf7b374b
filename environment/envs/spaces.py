"""A space of any text."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces


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
