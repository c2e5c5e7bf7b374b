"""Patterns with `*`, `?` and `[seq]`, as file names are matched with (`fnmatch`), in a time that has a bound.

A tenant writes the patterns, and often what they are matched with, and one process answers all tenants: the standard
library's expression takes seconds for one pattern and one long text, and lets nobody else work meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_TEXT = 1 << 16
"""Characters of a text: one resource is matched with the patterns of all conditions of all policies."""
MAX_STEPS = 1 << 16
"""Characters of a pattern times those of a text, where `?` or `[` is in the pattern."""

SHORT = 1 << 8
"""Characters of a pattern that many others may be kept beside; names' patterns have no more."""
REMEMBERED_SHORT, REMEMBERED_LONG = 1 << 10, 1 << 6
"""Patterns whose expressions are kept: one is matched with every resource that there is. An expression takes up to
72 bytes for a character, so that these take 38 MB at most (a condition's text has up to 4096 characters). `re` keeps
the last 512 that were compiled by itself, whosever they are: up to 151 MB more, where all are of the longest."""


@dataclass(frozen=True, slots=True)
class Wild:
    """A text of a fixed length, of which some characters may vary: an expression of this kind never turns back."""

    expression: re.Pattern[str]
    length: int

    def __len__(self) -> int:
        return self.length


Part = str | Wild
"""What stands between two `*`."""


class TooLong(ValueError):
    """The text is too long for the pattern."""


def like(text: str, pattern: str) -> bool:
    """Whether the pattern fits the whole text; capitals count. Raises TooLong."""
    if len(text) > MAX_TEXT:
        raise TooLong(f"a text of {len(text)} characters is too long for any pattern")
    wild = "[" in pattern or "?" in pattern
    if wild and len(text) * len(pattern) > MAX_STEPS:
        raise TooLong(f"a text of {len(text)} characters is too long for a pattern of {len(pattern)}")
    first, *rest = _remembered(pattern) if wild else pattern.split("*")
    if not rest:
        return len(text) == len(first) and _fits(first, text, 0)
    *inner, last = rest
    end = len(text) - len(last)
    place = len(first)
    if end < place or not _fits(first, text, 0) or not _fits(last, text, end):
        return False
    # The first place for each is the best: it leaves the most for those that follow. Nothing stands between two `*`.
    for part in filter(len, inner):
        place = _find(part, text, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _fits(part: Part, text: str, place: int) -> bool:
    if isinstance(part, str):
        return text.startswith(part, place)
    return part.expression.match(text, place) is not None


def _find(part: Part, text: str, start: int, end: int) -> int:
    """The first place from `start` on where the part fits before `end`; -1: none."""
    if isinstance(part, str):
        return text.find(part, start, end)
    found = part.expression.search(text, start, end)
    return -1 if found is None else found.start()


def _remembered(pattern: str) -> tuple[Part, ...]:
    return _short_parts(pattern) if len(pattern) <= SHORT else _long_parts(pattern)


@lru_cache(REMEMBERED_SHORT)
def _short_parts(pattern: str) -> tuple[Part, ...]:
    return _parts(pattern)


@lru_cache(REMEMBERED_LONG)
def _long_parts(pattern: str) -> tuple[Part, ...]:
    return _parts(pattern)


def _parts(pattern: str) -> tuple[Part, ...]:
    """The parts between runs of `*`. A `?` beside a `*` may as well stand before it: `*?*?` means what `??*` does, and
    is one part instead of three."""
    parts, lengths = [""], [0]
    place = 0
    while place < len(pattern):
        character = pattern[place]
        if character in "*?":
            run = pattern[place : _end_of_run(pattern, place)]
            place += len(run)
            if any_characters := run.count("?"):
                parts[-1] += f".{{{any_characters}}}"
                lengths[-1] += any_characters
            if "*" in run:
                parts.append("")
                lengths.append(0)
            continue
        place += 1
        if character == "[" and (close := _close(pattern, place)) > 0:
            parts[-1] += _one_of(pattern[place:close])
            place = close + 1
        else:
            parts[-1] += re.escape(character)
        lengths[-1] += 1
    return tuple(Wild(re.compile(part, re.DOTALL), length) for part, length in zip(parts, lengths, strict=True))


def _end_of_run(pattern: str, place: int) -> int:
    """Where the `*` and `?` end that stand at a place."""
    return len(pattern) - len(pattern[place:].lstrip("*?"))


def _close(pattern: str, place: int) -> int:
    """Where the brackets that were opened before `place` end; -1: they don't, and stand for themselves. A `]` that
    comes first is one of the characters."""
    return pattern.find("]", place + (2 if pattern.startswith("!", place) else 1))


def _one_of(content: str) -> str:
    """The expression for one character that is among these, or isn't."""
    negated = content.startswith("!")
    left = content[1:] if negated else content
    among = ""
    while left:
        if len(left) > 2 and left[1] == "-":
            if left[0] <= left[2]:
                among += f"{re.escape(left[0])}-{re.escape(left[2])}"
            left = left[3:]
        else:
            among += re.escape(left[0])
            left = left[1:]
    if not among:
        return "." if negated else "(?!.)."
    return f"[{'^' if negated else ''}{among}]"
