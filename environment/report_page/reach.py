"""What bugs reach, by the reach map and the reference."""

from __future__ import annotations

from environment.bugs.catalogue import Bug
from environment.reach.changes import changes
from environment.reach.reach_map import ReachMap
from environment.workspace.reference import Reference


class MappedReach:
    """Answers from a reach map; what a bug edits is found by injecting it into the reference."""

    def __init__(self, reach_map: ReachMap, reference: Reference) -> None:
        self._map = reach_map
        self._reference = reference

    def tests_of(self, bug: Bug) -> frozenset[str] | None:
        """The tests that reach what the bug edits; None when these are all tests that there are."""
        selection = self._map.selection(changes(self._reference.files, self._reference.with_bugs([bug])))
        return None if selection.everything else selection.tests

    def seconds(self, test_id: str) -> float:
        """How long a test took when the map was made."""
        return self._map.seconds(test_id)
