"""Affected first in a grading: the tests that reach what was edited run before all others, and what they say is told
while the rest runs. The verdict stays that of the whole suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from environment.affected.order import Choice, choose
from environment.affected.words import parts_of
from environment.grading.results import Outcome
from environment.reach.reach_map import ReachMap

SHOWN_FAILURES = 5


class AffectedFirst:
    """Chooses the order of one grading and follows it."""

    def __init__(self, reach_map: ReachMap, say: Callable[[str], None]) -> None:
        self._map = reach_map
        self._say = say
        self._left: set[str] = set()
        self._failed: list[str] = []
        self._choice: Choice | None = None

    def order(self, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Sequence[str]:
        """The tests that reach what was edited, the most telling first."""
        self._choice = choose(self._map, before, after)
        self._failed = []
        # Where everything can be touched there is nothing to tell before the verdict.
        self._left = set() if self._choice.selection.everything else set(self._choice.tests)
        if self._left:
            parts = "1 edit" if (count := len(parts_of(self._choice))) == 1 else f"{count} edits"
            self._say(f"{len(self._left):,} tests can be touched by {parts}; they run first.")
        return self._choice.tests

    def decided(self, test_id: str, outcome: Outcome) -> None:
        """To be called for every test that was decided; tells what is known after the last affected one."""
        if test_id not in self._left:
            return
        self._left.discard(test_id)
        if outcome is not Outcome.PASSED:
            self._failed.append(test_id)
        if not self._left and self._choice is not None:
            for line in self._known(self._choice):
                self._say(line)

    def _known(self, choice: Choice) -> list[str]:
        ran, failed = len(choice.tests), len(self._failed)
        if not failed:
            return [f"All {ran:,} tests that reach your edits pass. The rest runs: it decides."]
        lines = [f"Of the {ran:,} tests that reach your edits {failed:,} don't pass. The rest runs: it decides."]
        lines += [f"  ✗ {test_id}" for test_id in self._failed[:SHOWN_FAILURES]]
        return lines + ([f"  … and {failed - SHOWN_FAILURES:,} more"] if failed > SHOWN_FAILURES else [])
