"""The other side: tests that no bug of the catalogue is known to fail, and whether a mutant makes them fail.

A bug that fails a great part of the suite – nothing starts any more – says nothing of a single test, so it doesn't
count here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from environment.affected.order import is_unit
from environment.bugs.manifest import Manifest
from environment.mutants.sample import Mutant, shuffled
from environment.mutants.trial import Trial, Undecided
from environment.reach.reach_map import ReachMap

WIDE_SHARE = 0.1
"""A bug that fails more of all tests than this proves none of them."""


class Heed(StrEnum):
    """What is known of a test in the end."""

    NOTICED = "noticed"
    UNNOTICED = "nothing noticed"
    NOWHERE = "reaches no place for a mutant"
    LEFT = "not tried"


@dataclass(frozen=True)
class Found:
    """What came out for one test: the mutant that it noticed, or how many it didn't."""

    test: str
    heed: Heed
    tried: int = 0
    mutant: Mutant | None = None
    says: str = ""


def unproven(manifest: Manifest, share: float = WIDE_SHARE) -> list[str]:
    """The tests that no bug fails, of those bugs that fail no more than that share of all tests."""
    most = share * len(manifest.tests)
    narrow = (item.triggers for item in manifest.bugs.values() if len(item.triggers) <= most)
    return sorted(manifest.tests.keys() - set().union(*narrow))


@dataclass
class Asker:
    """Asks tests one by one, each alone, about mutants of what hardly any other test reaches."""

    reach: ReachMap
    trial: Trial
    tries: int = 8
    """So many mutants at most that a test may miss."""
    live_seconds: float = 60.0
    """A live test that takes longer isn't tried; 0: none is."""
    on_found: Callable[[Found], None] = field(default=lambda found: None)

    def ask(self, tests: Sequence[str], seed: int = 0) -> list[Found]:
        """What each of them notices. One seed asks about the same mutants."""
        found = []
        for test_id in tests:
            found.append(self._ask(test_id, random.Random(f"{seed} {test_id}")))
            self.on_found(found[-1])
        return found

    def mutants(self, test_id: str, dice: random.Random) -> Iterator[Mutant]:
        """Mutants of what a test reaches: one of each function, from what fewest others reach, then the second ones."""
        files, counts = self.trial.files, self._counts(self.reach.functions(test_id))
        waiting = [
            shuffled(files, function, dice) for function in sorted(counts, key=lambda name: (counts[name], name))
        ]
        while waiting:
            again = []
            for mutants in waiting:
                if (mutant := next(mutants, None)) is not None:
                    yield mutant
                    again.append(mutants)
            waiting = again

    def _counts(self, functions: Collection[str]) -> Mapping[str, int]:
        """How many tests reach each of these functions."""
        return {function: len(self.reach.tests(function)) for function in functions}

    def _ask(self, test_id: str, dice: random.Random) -> Found:
        live = not is_unit(test_id)
        if live and (self.live_seconds <= 0 or self.reach.seconds(test_id) > self.live_seconds):
            return Found(test_id, Heed.LEFT, says="it takes longer than live tests may")
        tried, says = 0, ""
        for mutant in islice(self.mutants(test_id, dice), self.tries):
            tried += 1
            try:
                failure = self.trial.first_failure(mutant, [test_id], confirm=live)
            except Undecided as trouble:
                says = str(trouble)
                continue
            if failure is not None:
                return Found(test_id, Heed.NOTICED, tried, mutant, failure.says)
        return Found(test_id, Heed.UNNOTICED if tried else Heed.NOWHERE, tried, says=says)


def lines(found: Found) -> Iterator[str]:
    """One test for people."""
    yield f"{found.heed}: {found.test}"
    if found.mutant is not None:
        yield f"  mutant {found.tried}, {found.mutant.change.path}:{found.mutant.line}"
        yield f"  - {found.mutant.change.before}"
        yield f"  + {found.mutant.change.after}"
    elif found.tried:
        yield f"  {found.tried} mutants{f'; {found.says}' if found.says else ''}"
    elif found.says:
        yield f"  {found.says}"


def to_document(seed: int, reference: str, tests: Sequence[str], found: Sequence[Found]) -> dict[str, Any]:
    """The result as JSON values (format 1)::

    {"format": 1, "seed": 0, "reference": "<digest>", "unproven": ["tests/…"],
     "sample": [{"test": "tests/…", "heed": "noticed", "tried": 2, "mutant": "services/…::name: a -> b",
                 "says": "assert …"}]}
    """
    return {
        "format": 1,
        "seed": seed,
        "reference": reference,
        "unproven": list(tests),
        "sample": [
            {
                "test": item.test,
                "heed": item.heed,
                "tried": item.tried,
                "mutant": str(item.mutant.change) if item.mutant is not None else "",
                "says": item.says,
            }
            for item in found
        ],
    }
