"""Whether repairs hold for what nobody has seen who made them: the held-out tests, in a run of their own.

They run after the visible tests, on a tree of their own, so that nothing of them is there while the visible ones run.
Only those of bugs run whose visible triggers all pass: the others are known not to be repaired.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from environment.bugs.held_out import HeldOut, all_files
from environment.bugs.manifest import Manifest, category_of
from environment.grading.runner import Options, run_suite
from environment.reward.bug_status import BugReport, BugStatus, Tally


@dataclass(frozen=True)
class Generalisation:
    """The held-out tests of a catalogue, and what was measured of them."""

    held_out: Mapping[str, HeldOut]
    manifest: Manifest
    categories: Collection[str]
    """Only tests of these run."""

    def judged(
        self, reports: Sequence[BugReport], files: Mapping[str, bytes], options: Options
    ) -> tuple[BugReport, ...]:
        """The reports, with what the held-out tests say of repaired bugs. Raises what `run_suite` raises."""
        tests = {report.id: ids for report in reports if _is_repaired(report) and (ids := self._tests(report.id))}
        if not tests:
            return tuple(reports)
        laid = all_files({bug_id: self.held_out[bug_id] for bug_id in tests})
        run = run_suite({**files, **laid}, frozenset().union(*tests.values()), replace(options, first=()))
        return tuple(
            replace(report, held_out=Tally(len(run.passed & tests[report.id]), len(tests[report.id])))
            if report.id in tests
            else report
            for report in reports
        )

    def _tests(self, bug_id: str) -> frozenset[str]:
        """The held-out tests of a bug, if they can tell: the measured files are today's, and one fails with the bug."""
        item, measured = self.held_out.get(bug_id), self.manifest.bugs.get(bug_id)
        if item is None or measured is None or measured.held_out is None or measured.held_out.files != item.digest:
            return frozenset()
        ids = {test_id: fails for test_id, fails in measured.held_out.tests.items() if self._counts(test_id)}
        return frozenset(ids) if any(ids.values()) else frozenset()

    def _counts(self, test_id: str) -> bool:
        return category_of(test_id) in self.categories


def _is_repaired(report: BugReport) -> bool:
    return report.status is BugStatus.FIXED and report.failing == 0
