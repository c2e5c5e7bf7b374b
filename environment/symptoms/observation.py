"""What was seen of one fleet: which services did not come up and why, and what a few tests said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from environment import causes

NO_CHECK = "no health check"

_REPEATED = re.compile(r"([\w-]+ is not healthy):.*")
"""The rest of such a line only repeats why a service is not up, and which of several reasons was first is chance."""


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
    """The text without what differs from one start to the next, or between loopback ports and container names."""
    return causes.constant(_REPEATED.sub(r"\1", text))
