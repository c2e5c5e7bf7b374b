"""Brings what the many parts of a broken platform say into one form, so that each cause is told once.

Two texts have one cause when they differ only in what changes from one start to the next (ids, times, addresses, paths,
numbers) and in who says them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Item = TypeVar("Item")

_CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(Z|[+-]\d\d:?\d\d)?"), "TIME"),
    (re.compile(r"https?://[\w.-]+(:\d+)?|(?:[\w-]+(?:\.[\w-]+)*):\d{4,5}\b"), "ADDRESS"),
    (re.compile(r"(?:/[\w.-]+)+/(?=[\w-]+\.(?:json|py|sock|pem)\b)"), "PATH/"),
    (re.compile(r"\b(host|port)=('?)[\w.-]+\2"), r"\1=ADDRESS"),
    (re.compile(r"\b[0-9a-zA-Z]*\d[0-9a-zA-Z]{7,}\b"), "ID"),
    (re.compile(r"\d+(\.\d+)?"), "N"),
)

_STATES = "blocked|exited|failed|starting|stopped|unhealthy|waiting"
_WHO = re.compile(
    rf"Failed: |didn't run: |[\w-]+ is (?:not healthy|blocked|unhealthy): (?:(?:{_STATES}): )?"
    r"|[\w-]+ (?:exited|failed): (?=exit status |killed by |did not end )"
    r"|exit status \d+: |killed by SIG[A-Z0-9]+: "
)
"""What only says who passes a cause on: "gateway is not healthy: blocked: migrate failed: exit status 1: …"."""


def constant(text: str) -> str:
    """The text in one line, without ids, times, addresses and numbers."""
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def first_line(text: str) -> str:
    """The first line that says something; empty when none does."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def one_line(text: str, limit: int = 500) -> str:
    """The first line that says something, cut to `limit` characters."""
    first = first_line(text)
    return first if len(first) <= limit else first[: limit - 1] + "…"


def core(text: str) -> str:
    """The first line without who passes it on: what went wrong in the first place."""
    line = first_line(text)
    while (who := _WHO.match(line)) is not None:
        line = line[who.end() :]
    return line


def grouped(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    """Items of equal keys together, the largest group first; otherwise in the order given."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return sorted(groups.values(), key=len, reverse=True)
