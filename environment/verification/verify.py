"""Measures the catalogue: which tests each bug fails, and which bug hides which.

First the suite runs on the reference, where every test must pass; in the same run it is recorded which test reaches
which function. Then the tests run on the reference with each bug alone: those that what it edits can touch, as the map
says. What fails, and fails again when it is run once more, are the bug's *triggers*. "X depends on Y" is a fact when a
trigger of X fails with only Y injected, that is, when it is a trigger of Y too; no further run is needed for edges.

Every finished run is kept in the state folder with the tree that it was made on, and the manifest is written after
every bug: a crash or Ctrl-C loses only what was running. When the reference changes, those pairs of a bug and a test
run again that the change can touch, and no others; `fresh` and `repeat` run all that a bug can touch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from environment.bugs.catalogue import PATCHES, Bug, Catalogue
from environment.bugs.errors import ManifestError
from environment.bugs.manifest import (
    Manifest,
    Measurement,
    TestInfo,
    category_of,
    load_manifest,
    save_manifest,
    services_of,
)
from environment.grading.machine import affordable_fleets
from environment.grading.results import SuiteRun
from environment.grading.runner import Options
from environment.reach.map_file import save_map
from environment.verification.checks import LEAST_TRIGGERS
from environment.verification.kept import REFERENCE, Kept
from environment.verification.measuring import Findings, Measurer
from environment.verification.runs import IDLE_SECONDS
from environment.workspace.reference import Reference


@dataclass(frozen=True)
class Report:
    """What was found for one bug ("" for the reference)."""

    bug: str
    triggers: tuple[str, ...]
    messages: Mapping[str, str]
    unstable: tuple[str, ...]
    problems: tuple[str, ...]
    seconds: float
    """How long it took; 0 when nothing had to run."""
    ran: int = 0
    """How many tests ran."""
    touched: int = 0
    """How many tests the bug can touch."""
    of: int = 0
    """How many tests there are."""


OnReport = Callable[[Report], None]


@dataclass
class Verifier:
    """Measures bugs; writes the manifest and the reach map beside the patches."""

    reference: Reference
    catalogue: Catalogue
    kept: Kept
    options: Options = field(default_factory=lambda: Options(twins=False))
    folder: Path = PATCHES
    jobs: int = 1
    repeat: int = 1
    fresh: bool = False
    idle_seconds: float = IDLE_SECONDS
    """How long a fleet is left alone to see what runs by itself, when the reference is measured as a whole."""
    on_report: OnReport = field(default=lambda report: None)
    stop: threading.Event = field(default_factory=threading.Event)
    """The one of the options: set when something fails or Ctrl-C is pressed, so that no run goes on."""

    def verify(self, ids: Sequence[str] = ()) -> list[Report]:
        """Measure the reference and the named bugs (all by default); the reference's report comes first.

        Raises `ManifestError` when a test of the reference fails: nothing can be measured against it then.
        """
        chosen = [self.catalogue[bug_id] for bug_id in (ids or self.catalogue)]
        # A bug's run is mostly a fleet's start and a few tests: bugs beside each other share the machine better.
        workers = max(1, affordable_fleets() // self.jobs) if self.jobs > 1 else None
        measurer = Measurer(
            self.reference, self.kept, self.options, self.repeat, self.fresh, self.idle_seconds, workers
        )
        record, found = measurer.measure_reference()
        first = self._reported("", found, record.run.outcomes)
        self.on_report(first)
        if found.failed:
            names = "\n  ".join(sorted(found.failed)[:20])
            raise ManifestError(f"Every test must pass on the reference, each time. These don't:\n  {names}")
        if found.forgeable:
            names = "\n  ".join(sorted(found.forgeable)[:20])
            raise ManifestError(
                f"These unit tests can't fail, so they can't tell a right grading from a forged one:\n  {names}"
            )
        manifest = self._start(record.run)
        save_map(record.map, self.folder)
        pending = [bug for bug in chosen if not self._current(bug, manifest)]
        reports = [first, *(self._known(bug, manifest) for bug in chosen if bug not in pending)]
        for report in reports[1:]:
            self.on_report(report)
        with ThreadPoolExecutor(max_workers=max(1, self.jobs)) as pool:
            futures = {pool.submit(measurer.measure_bug, bug, record.map): bug for bug in pending}
            try:
                for future in as_completed(futures):
                    bug, found = futures[future], future.result()
                    report = self._reported(bug.id, found, manifest.tests)
                    if not found.void:
                        manifest = self._add(manifest, bug, report)
                    reports.append(report)
                    self.on_report(report)
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True, wait=True)
                raise
        self.kept.forget(frozenset({REFERENCE, *self.catalogue}))
        return reports

    def _start(self, run: SuiteRun) -> Manifest:
        """The manifest to go on with: today's tests, and the measurements of bugs that there still are."""
        tests = {
            test_id: TestInfo(category_of(test_id), services_of(test_id, item.services), item.infrastructure_state)
            for test_id, item in sorted(run.collected.items())
        }
        try:
            known = load_manifest(self.folder).bugs
        except ManifestError:
            known = {}
        kept = {bug_id: item for bug_id, item in known.items() if bug_id in self.catalogue}
        manifest = self._with_edges(Manifest(self.reference.digest, tests, kept))
        save_manifest(manifest, self.folder)
        return manifest

    def _current(self, bug: Bug, manifest: Manifest) -> bool:
        item = manifest.bugs.get(bug.id)
        if item is None or item.patch != bug.digest or self.fresh or self.repeat > 1:
            return False
        return item.reference == self.reference.digest

    def _known(self, bug: Bug, manifest: Manifest) -> Report:
        triggers = manifest.bugs[bug.id].triggers
        return Report(bug.id, triggers, {}, (), problems(triggers), 0.0, of=len(manifest.tests))

    def _reported(self, bug: str, found: Findings, tests: Collection[str]) -> Report:
        wrong = problems(found.failed) if bug else ()
        if found.void:
            wrong = (f"the run can't be believed: {found.void}",)
        triggers = tuple(sorted(found.failed))
        return Report(
            bug,
            triggers,
            {test_id: found.messages.get(test_id, "") for test_id in triggers},
            tuple(sorted(found.unstable)) if bug else (),
            wrong,
            found.seconds,
            len(found.ran),
            found.touched,
            len(tests),
        )

    def _add(self, manifest: Manifest, bug: Bug, report: Report) -> Manifest:
        item = Measurement(bug.digest, self.reference.digest, report.triggers)
        bugs = {**manifest.bugs, bug.id: item}
        ordered = {bug_id: bugs[bug_id] for bug_id in self.catalogue if bug_id in bugs}
        manifest = self._with_edges(replace(manifest, bugs=ordered))
        save_manifest(manifest, self.folder)
        return manifest

    def _with_edges(self, manifest: Manifest) -> Manifest:
        return replace(manifest, edges=measured_edges(self.catalogue, manifest.bugs))


def problems(triggers: Collection[str]) -> tuple[str, ...]:
    """What is wrong with a bug that fails these tests."""
    if len(triggers) >= LEAST_TRIGGERS:
        return ()
    return (f"fails {len(triggers)} visible tests; there must be at least {LEAST_TRIGGERS}",)


def measured_edges(
    catalogue: Mapping[str, Bug], measured: Mapping[str, Measurement]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """For every declared edge whose two ends are measured: the bug's triggers that the other alone fails too."""
    return {
        (bug.id, other): tuple(sorted(set(measured[bug.id].triggers) & set(measured[other].triggers)))
        for bug in catalogue.values()
        for other in bug.depends_on
        if bug.id in measured and other in measured
    }


def unmeasured_edges(catalogue: Mapping[str, Bug], manifest: Manifest) -> list[tuple[str, str]]:
    """Declared edges that the measurements contradict: no trigger of the bug fails with only the other injected."""
    return [edge for edge, masked in measured_edges(catalogue, manifest.bugs).items() if not masked]
