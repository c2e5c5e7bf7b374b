"""The comparison as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from environment.causes import one_line
from environment.symptoms.observation import Observation

SHOWN_NAMES = 6
SHOWN_CHARACTERS = 160


@dataclass(frozen=True)
class Row:
    """One workspace, seen in both ways."""

    bug: str
    """An id, or `all`."""
    title: str
    local: Observation
    containers: Observation

    @property
    def verdict(self) -> str:
        """`same`, `same, other words`, `DIFFERENT`, or `NOT SEEN` where one of them shows nothing."""
        if not (self.local.shows_something() and self.containers.shows_something()):
            return "NOT SEEN"
        if self.local.shape() != self.containers.shape():
            return "DIFFERENT"
        return "same" if self.local.words() == self.containers.words() else "same, other words"

    @property
    def alike(self) -> bool:
        """Whether the bug fails in the same way in both."""
        return self.verdict.startswith("same")


def markdown(rows: list[Row]) -> str:
    """A table with a line a workspace."""
    lines = ["| bug | local processes | containers | verdict |", "|---|---|---|---|"]
    for row in rows:
        cells = [f"**{row.bug}** {row.title}", summary(row.local), summary(row.containers), row.verdict]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def summary(seen: Observation) -> str:
    """One observation in a cell: troubles by reason, how many were held back, and what the tests said."""
    parts = []
    for reason, names in _grouped({n: f"{t.state}: {t.reason}" for n, t in seen.troubles.items()}).items():
        parts.append(f"{_some(names)} {one_line(reason, SHOWN_CHARACTERS)}")
    if seen.held_back:
        parts.append(f"{len(seen.held_back)} not started because of it")
    if not parts:
        parts.append("everything healthy")
    said = {test.rpartition("::")[2]: f"{said.outcome}: {said.message}" for test, said in seen.tests.items()}
    for words, tests in _grouped(said).items():
        parts.append(f"`{'`, `'.join(tests)}` {one_line(words.removesuffix(': '), SHOWN_CHARACTERS)}")
    return "<br>".join(parts)


def _grouped(texts: Mapping[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, text in sorted(texts.items()):
        groups.setdefault(text, []).append(name)
    return groups


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
