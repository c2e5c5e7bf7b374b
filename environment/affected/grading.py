"""Affected first in a grading: the tests that reach what was edited run before all others, and what they say is told
while the rest runs. The verdict stays that of the whole suite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from environment.affected.order import choose
from environment.affected.words import edited_parts, tests
from environment.grading.results import Outcome
from environment.reach.reach_map import ReachMap

SHOWN_FAILURES = 5


class AffectedFirst:
    """Chooses the order of one grading and follows it."""

    def __init__(self, reach_map: ReachMap, expected: Collection[str], say: Callable[[str], None]) -> None:
        """`expected` are the tests that count in the grading; `say` is given each line for people."""
        self._map = reach_map
        self._expected = frozenset(expected)
        self._say = say
        self._left: set[str] = set()
        self._failed: list[str] = []
        self._tests: tuple[str, ...] = ()

    def order(self, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Sequence[str]:
        """The tests that reach what was edited, the most telling first."""
        choice = choose(self._map, before, after)
        self._failed = []
        self._tests = tuple(test_id for test_id in choice.tests if test_id in self._expected)
        # Where everything can be touched there is nothing to tell before the verdict.
        self._left = set() if choice.selection.everything else set(self._tests)
        if self._left:
            parts = "1 edit" if (count := len(edited_parts(before, after))) == 1 else f"{count} edits"
            self._say(f"{tests(len(self._left))} can be touched by {parts}; they run first.")
        return self._tests

    def decided(self, test_id: str, outcome: Outcome) -> None:
        """To be called for every test that was decided; tells what is known after the last affected one."""
        if test_id not in self._left:
            return
        self._left.discard(test_id)
        if outcome is not Outcome.PASSED:
            self._failed.append(test_id)
        if not self._left:
            for line in self._known():
                self._say(line)

    def _known(self) -> list[str]:
        ran, failed = len(self._tests), len(self._failed)
        if not failed:
            which = "The one test" if ran == 1 else f"All {ran:,} tests"
            return [f"{which} that can be touched by your edits passed. The rest runs: it decides."]
        lines = [
            f"{failed:,} of {tests(ran)} that can be touched by your edits didn't pass. The rest runs: it decides."
        ]
        lines += [f"  ✗ {test_id}" for test_id in self._failed[:SHOWN_FAILURES]]
        return lines + ([f"  … and {failed - SHOWN_FAILURES:,} more"] if failed > SHOWN_FAILURES else [])
