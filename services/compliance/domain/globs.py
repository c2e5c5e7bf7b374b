"""Patterns with `*`, `?` and `[seq]`, as file names are matched with (`fnmatch`), in a time that has a bound.

A tenant writes the patterns, and often what they are matched with, and one process answers all tenants: the standard
library's expression takes seconds for one pattern and one long text, and lets nobody else work meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

MAX_TEXT = 1 << 16
"""Characters of a text: one resource is matched with the patterns of all conditions of all policies."""
MAX_STEPS = 1 << 16
"""Characters of a pattern times those of a text, where `?` or `[` is in the pattern."""

Token = Callable[[str], bool]
"""Whether one character fits."""
Part = str | Sequence[Token]
"""What stands between two `*`: a text, or a token for each character."""


class TooLong(ValueError):
    """The text is too long for the pattern."""


def like(text: str, pattern: str) -> bool:
    """Whether the pattern fits the whole text; capitals count. Raises TooLong."""
    if len(text) > MAX_TEXT:
        raise TooLong(f"a text of {len(text)} characters is too long for any pattern")
    parts = pattern.split("*") if "[" not in pattern and "?" not in pattern else _parts(pattern)
    if any(not isinstance(part, str) for part in parts) and len(text) * len(pattern) > MAX_STEPS:
        raise TooLong(f"a text of {len(text)} characters is too long for a pattern of {len(pattern)}")
    first, *rest = parts
    if not rest:
        return len(text) == len(first) and _fits(first, text, 0)
    *inner, last = rest
    end = len(text) - len(last)
    place = len(first)
    if end < place or not _fits(first, text, 0) or not _fits(last, text, end):
        return False
    # The first place for each is the best: it leaves the most for those that follow.
    for part in inner:
        place = _find(part, text, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _fits(part: Part, text: str, place: int) -> bool:
    if isinstance(part, str):
        return text.startswith(part, place)
    return all(fits(text[place + offset]) for offset, fits in enumerate(part))


def _find(part: Part, text: str, start: int, end: int) -> int:
    """The first place from `start` on where the part fits before `end`; -1: none."""
    if isinstance(part, str):
        return text.find(part, start, end)
    return next((place for place in range(start, end - len(part) + 1) if _fits(part, text, place)), -1)


def _parts(pattern: str) -> list[Part]:
    parts: list[list[Token]] = [[]]
    place = 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character == "*":
            parts.append([])
        elif character == "?":
            parts[-1].append(lambda _: True)
        elif character == "[" and (close := _close(pattern, place)) > 0:
            parts[-1].append(_one_of(pattern[place:close]))
            place = close + 1
        else:
            parts[-1].append(character.__eq__)
    return list(parts)


def _close(pattern: str, place: int) -> int:
    """Where the brackets that were opened before `place` end; -1: they don't, and stand for themselves. A `]` that
    comes first is one of the characters."""
    return pattern.find("]", place + (2 if pattern.startswith("!", place) else 1))


def _one_of(content: str) -> Token:
    negated = content.startswith("!")
    left = content[1:] if negated else content
    singles, ranges = set(), []
    while left:
        if len(left) > 2 and left[1] == "-":
            ranges.append((left[0], left[2]))
            left = left[3:]
        else:
            singles.add(left[0])
            left = left[1:]
    return lambda each: (each in singles or any(low <= each <= high for low, high in ranges)) != negated
