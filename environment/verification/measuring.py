"""Runs the reference and single bugs, as far as what is kept doesn't answer already, and keeps what was found."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from environment.bugs.catalogue import Bug
from environment.bugs.errors import ManifestError
from environment.grading.results import SuiteRun
from environment.grading.runner import Options, passing_twins
from environment.reach.changes import changes
from environment.reach.instrument import function_names
from environment.reach.reach_map import ReachMap
from environment.reach.recording import Recording, merged_recordings
from environment.verification.kept import REFERENCE, Kept, Record
from environment.verification.pairs import extended, still_valid
from environment.verification.runs import IDLE_SECONDS, collect_tests, run_recorded
from environment.workspace.reference import Reference


@dataclass(frozen=True)
class Findings:
    """What the runs of one tree gave, with what was known of it before."""

    failed: frozenset[str]
    """Tests that fail, every time they were run."""
    unstable: frozenset[str]
    """Tests that don't always end alike."""
    messages: Mapping[str, str] = field(default_factory=dict)
    forgeable: frozenset[str] = frozenset()
    """Unit tests of the reference that pass even when they are changed so that they must fail."""
    void: str = ""
    """Not empty: why nothing of it can be believed."""
    ran: frozenset[str] = frozenset()
    touched: int = 0
    """How many tests it is about."""
    seconds: float = 0.0
    """0 when nothing had to run."""


@dataclass
class Measurer:
    """Measures trees by what their changes can touch.

    `fresh` and more than one `repeat` believe nothing that is kept.
    """

    reference: Reference
    kept: Kept
    options: Options
    repeat: int = 1
    fresh: bool = False
    idle_seconds: float = IDLE_SECONDS
    workers_a_bug: int | None = None
    """How many fleets one bug's run may use, when several bugs are measured at a time."""

    def measure_reference(self) -> tuple[Record, Findings]:
        """The record of the reference: what isn't known of it runs. What fails, or can't fail, is told and not kept.

        Raises `ManifestError` when there is no test, or the run contradicts itself.
        """
        began, files = time.monotonic(), self.reference.files
        record = self._load(REFERENCE)
        expected, valid = self._open(record)
        runs = self._run(files, expected, whole=expected is None)
        failed = frozenset[str]().union(*(run.failed | run.unstable for run, _ in runs))
        run, ran = runs[-1][0], frozenset(runs[-1][0].outcomes)
        if run.void or (record is None and not ran):
            raise ManifestError(f"The reference can't be measured: {run.void or 'it has no tests'}")
        # Before anything is kept: what is kept isn't looked at again.
        forgeable = frozenset(passing_twins(files, ran - failed, Options(twins=False)))
        bad = failed | forgeable
        good = replace(run, outcomes={test_id: run.outcomes[test_id] for test_id in run.outcomes if test_id not in bad})
        # A module that can't be collected counts as one that isn't there, so that it is looked at again.
        sound = {path: content for path, content in files.items() if path not in failed}
        record = extended(record, valid, sound, good, merged_recordings(*(recording for _, recording in runs)))
        self.kept.save(REFERENCE, record)
        seconds = time.monotonic() - began if ran else 0.0
        return record, Findings(failed, failed, run.messages, forgeable, "", ran, len(record.run.outcomes), seconds)

    def measure_bug(self, bug: Bug, reach: ReachMap) -> Findings:
        """What fails with one bug alone, of what the bug can touch."""
        began, files = time.monotonic(), self.reference.with_bugs([bug])
        touched = reach.selection(changes(self.reference.files, files)).tests
        record = self._load(bug.id)
        valid = still_valid(record, files, reach) & touched
        wanted = touched - valid
        failed, ever = touched, frozenset[str]()
        for run, recording in self._run(files, wanted, workers=self.workers_a_bug):
            if run.void:
                return Findings(frozenset(), frozenset(), void=run.void)
            record = extended(record, valid, files, run, recording)
            failed, ever = failed & record.run.failed, ever | record.run.failed | record.run.unstable
        assert record is not None  # There is always one run, if only of no test.
        self.kept.save(bug.id, record)
        seconds = time.monotonic() - began if wanted else 0.0
        return Findings(
            failed, ever - failed, record.run.messages, void="", ran=wanted, touched=len(touched), seconds=seconds
        )

    def _load(self, name: str) -> Record | None:
        return None if self.fresh or self.repeat > 1 else self.kept.load(name)

    def _open(self, record: Record | None) -> tuple[frozenset[str] | None, frozenset[str]]:
        """The tests to run on the reference (None: all that there are), and those whose outcome is still known."""
        if record is None:
            return None, frozenset()
        files = self.reference.files
        changed = changes(record.files, files)
        if changed.modules or any(path.startswith("tests/") for path in changed.files):
            # A test's parameters, and so its id, may come from what a module says when it is loaded.
            present = frozenset(collect_tests(files, self.options).outcomes)
        else:
            present = frozenset(record.run.collected)
        valid = still_valid(record, files)
        return present - valid, present & valid

    def _run(
        self,
        files: Mapping[str, bytes],
        expected: Collection[str] | None,
        *,
        whole: bool = False,
        workers: int | None = None,
    ) -> list[tuple[SuiteRun, Recording]]:
        """The runs that were asked for; one of no test when none has to run."""
        if expected is not None and not expected:
            return [(SuiteRun({}), Recording(function_names(files)))]
        idle = self.idle_seconds if whole else None
        options = self.options if workers is None else replace(self.options, workers=workers)
        return [run_recorded(files, expected, options, idle_seconds=idle) for _ in range(self.repeat)]
