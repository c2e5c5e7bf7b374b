"""What became of each seeded bug, told from the tests that it was measured to fail."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from environment.bugs.catalogue import Bug
from environment.bugs.families import id_key
from environment.bugs.graph import ancestors
from environment.bugs.manifest import Manifest


class BugStatus(StrEnum):
    """What is known of a seeded bug after a grading."""

    FIXED = "fixed"
    NOT_FIXED = "not fixed"
    MASKED = "masked"
    UNMEASURED = "not measured"


@dataclass(frozen=True)
class Tally:
    """Passed and all tests of a category or a service."""

    passed: int
    total: int


@dataclass(frozen=True)
class BugReport:
    """A seeded bug and how many of its measured triggers fail."""

    id: str
    status: BugStatus
    failing: int
    triggers: int
    held_out: Tally | None = None
    """Its held-out tests, when they ran."""

    @property
    def generalises(self) -> bool | None:
        """Whether the repair holds on tests that nobody has seen who made it; None when that isn't known."""
        return None if self.held_out is None else self.held_out.passed == self.held_out.total


def judge_bugs(
    catalogue: Mapping[str, Bug], injected: Collection[str], manifest: Manifest, failed: Collection[str]
) -> tuple[BugReport, ...]:
    """The status of each injected bug from its measured triggers. `catalogue` has all bugs: a dependency can lead
    through one that isn't injected.

    A bug that is there fails all of its triggers. So one whose triggers partly pass is gone, and what still fails of
    them must be the work of bugs that are there; if it isn't, the repair is half done – or, where bugs are injected of
    which nobody knows what they fail, theirs, and then nothing is said of it.
    """
    failing = frozenset(failed)
    triggers = {bug_id: frozenset(manifest.bugs[bug_id].triggers) for bug_id in injected if bug_id in manifest.bugs}
    present = {bug_id for bug_id, ids in triggers.items() if ids and ids <= failing}
    explained = _union(triggers, present)
    blamed = BugStatus.NOT_FIXED if all(triggers.get(bug_id) for bug_id in injected) else BugStatus.UNMEASURED
    reports: list[BugReport] = []
    for bug_id in sorted(injected, key=id_key):
        ids = triggers.get(bug_id, frozenset())
        if not ids:
            status = BugStatus.UNMEASURED
        elif bug_id not in present:
            status = BugStatus.FIXED if ids & failing <= explained else blamed
        else:
            before = ancestors(catalogue, bug_id)
            masking = {other for other in present if other in before or ids < triggers[other]} - {bug_id}
            status = BugStatus.MASKED if ids <= _union(triggers, masking) else BugStatus.NOT_FIXED
        reports.append(BugReport(bug_id, status, len(ids & failing), len(ids)))
    return tuple(reports)


def _union(triggers: Mapping[str, frozenset[str]], bugs: Collection[str]) -> frozenset[str]:
    return frozenset(test_id for bug_id in bugs for test_id in triggers[bug_id])
