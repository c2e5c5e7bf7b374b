"""What was seen of one fleet: which services did not come up and why, and what a few tests said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NO_CHECK = "no health check"

_CHANGING = (
    # What differs from one start to the next, or between loopback ports and container names; and the rest of a line
    # that only repeats why a service is not up.
    (re.compile(r"([\w-]+ is not healthy):.*"), r"\1"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(Z|[+-]\d\d:?\d\d)?"), "TIME"),
    (re.compile(r"https?://[\w.-]+(:\d+)?|(?:[\w-]+(?:\.[\w-]+)*):\d{4,5}\b"), "ADDRESS"),
    (re.compile(r"(?:/[\w.-]+)+/(?=[\w-]+\.(?:json|py|sock|pem)\b)"), "PATH/"),
    (re.compile(r"\b(host|port)=('?)[\w.-]+\2"), r"\1=ADDRESS"),
    (re.compile(r"\b[0-9a-zA-Z]*\d[0-9a-zA-Z]{7,}\b"), "ID"),
    (re.compile(r"\d+(\.\d+)?"), "N"),
)


@dataclass(frozen=True)
class Trouble:
    """A service that is not as it should be, and not only because of another one."""

    state: str
    """`failed`, `exited`, `unhealthy`, `starting` or `no health check`."""
    reason: str
    """One line."""


@dataclass(frozen=True)
class Said:
    """What a test said."""

    outcome: str
    """`passed`, `failed`, `error`, `skipped`, or `missing` when it gave no answer."""
    message: str
    """Its first line; empty when it passed."""


@dataclass(frozen=True)
class Observation:
    """One fleet's symptoms."""

    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    held_back: tuple[str, ...] = ()
    """Services that were not started because of the troubles."""
    tests: Mapping[str, Said] = field(default_factory=dict)
    seconds: float = 0.0
    """From the order to start until nothing more could change."""

    def shows_something(self) -> bool:
        """Whether there is a symptom at all, and every test gave an answer."""
        outcomes = {said.outcome for said in self.tests.values()}
        return "missing" not in outcomes and bool(self.troubles or outcomes - {"passed"})

    def shape(self) -> tuple[object, ...]:
        """What must be equal in both fleets."""
        states = {name: trouble.state for name, trouble in self.troubles.items()}
        return states, self.held_back, {test: said.outcome for test, said in self.tests.items()}

    def words(self) -> tuple[object, ...]:
        """The reasons, without what differs from one start to the next."""
        reasons = {name: constant(trouble.reason) for name, trouble in self.troubles.items()}
        return reasons, {test: constant(said.message) for test, said in self.tests.items()}


def constant(text: str) -> str:
    """The text without ids, times, addresses and numbers."""
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def one_line(text: str, limit: int = 500) -> str:
    """The first line that says something, cut to `limit` characters."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first if len(first) <= limit else first[: limit - 1] + "…"
