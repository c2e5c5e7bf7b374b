"""Measures the catalogue: which tests each bug fails, and which bug hides which.

First the suite runs on the reference, where every test must pass; then on the reference with each bug alone. What
fails, and fails again when it is run once more, are the bug's *triggers*. "X depends on Y" is a fact when a trigger of
X fails with only Y injected, that is, when it is a trigger of Y too; no further run is needed for edges.

Every finished run is kept in the state folder under the digest of its tree, and the manifest is written after every
bug: a crash or Ctrl-C loses only what was running. A run is repeated when its tree has changed, when `fresh` is set,
or when `repeat` asks for more runs to find tests that don't always end alike.
"""

from __future__ import annotations

import threading
import time
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
from environment.grading.measure import Measurements
from environment.grading.results import SuiteRun
from environment.grading.runner import Options, passing_twins
from environment.verification.checks import LEAST_TRIGGERS
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
    """How long it took; 0 when a kept measurement was used."""


OnReport = Callable[[Report], None]


@dataclass
class Verifier:
    """Measures bugs and writes the manifest beside the patches."""

    reference: Reference
    catalogue: Catalogue
    measurements: Measurements
    folder: Path = PATCHES
    jobs: int = 1
    repeat: int = 1
    fresh: bool = False
    reuse: bool = False
    """Keep measurements of unchanged patches although the reference has changed elsewhere."""
    on_report: OnReport = field(default=lambda report: None)
    stop: threading.Event = field(default_factory=threading.Event)
    """The one of the measurements' options: set when something fails or Ctrl-C is pressed, so that no run goes on."""
    _writing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def verify(self, ids: Sequence[str] = ()) -> list[Report]:
        """Measure the reference and the named bugs (all by default); the reference's report comes first.

        Raises `ManifestError` when a test of the reference fails: nothing can be measured against it then.
        """
        chosen = [self.catalogue[bug_id] for bug_id in (ids or self.catalogue)]
        run, first = self._run("", self.reference.files, None)
        self.on_report(first)
        if first.triggers or first.unstable:
            names = "\n  ".join((first.triggers or first.unstable)[:20])
            raise ManifestError(f"Every test must pass on the reference, each time. These don't:\n  {names}")
        if first.seconds:
            self._require_twins_fail(run)
        manifest = self._start(run)
        pending = [bug for bug in chosen if not self._current(bug, manifest)]
        reports = [first, *(self._kept(bug, manifest) for bug in chosen if bug not in pending)]
        for report in reports[1:]:
            self.on_report(report)
        with ThreadPoolExecutor(max_workers=max(1, self.jobs)) as pool:
            futures = {pool.submit(self._measure, bug, manifest.tests): bug for bug in pending}
            try:
                for future in as_completed(futures):
                    report = future.result()
                    manifest = self._add(manifest, futures[future], report)
                    reports.append(report)
                    self.on_report(report)
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True, wait=True)
                raise
        return reports

    def _require_twins_fail(self, run: SuiteRun) -> None:
        """On the reference, where all is right, every test that must fail does."""
        names = "\n  ".join(passing_twins(self.reference.files, run.outcomes, Options(twins=False)))
        if names:
            raise ManifestError(
                f"These unit tests can't fail, so they can't tell a right grading from a forged one:\n  {names}"
            )

    def _start(self, run: SuiteRun) -> Manifest:
        """The manifest to go on with: today's tests, and the measurements of bugs that there still are."""
        tests = {
            test_id: TestInfo(category_of(test_id), services_of(test_id, item.services), item.infrastructure_state)
            for test_id, item in run.collected.items()
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
        same_tests = set(item.triggers) <= set(manifest.tests)
        return item.reference == self.reference.digest or (self.reuse and same_tests)

    def _kept(self, bug: Bug, manifest: Manifest) -> Report:
        triggers = manifest.bugs[bug.id].triggers
        return Report(bug.id, triggers, {}, (), _problems(triggers), 0.0)

    def _measure(self, bug: Bug, tests: Collection[str]) -> Report:
        return self._run(bug.id, self.reference.with_bugs([bug]), tests)[1]

    def _run(self, bug: str, files: Mapping[str, bytes], expected: Collection[str] | None) -> tuple[SuiteRun, Report]:
        """Run the suite `repeat` times on a tree; triggers are the tests that fail every time."""
        began = time.monotonic()
        fresh = self.fresh or self.repeat > 1
        kept = not fresh and self.measurements.find(files, expected) is not None
        run = self.measurements.measure(files, expected, fresh=fresh)
        always, ever = run.failed, run.failed | run.unstable
        for _ in range(1, self.repeat):
            again = self.measurements.measure(files, expected, fresh=True)
            always, ever = always & again.failed, ever | again.failed | again.unstable
        triggers = tuple(sorted(always))
        problems = _problems(triggers) if bug else ()
        messages = {test_id: run.messages.get(test_id, "") for test_id in triggers}
        seconds = 0.0 if kept else time.monotonic() - began
        return run, Report(bug, triggers, messages, tuple(sorted(ever - always)), problems, seconds)

    def _add(self, manifest: Manifest, bug: Bug, report: Report) -> Manifest:
        item = Measurement(bug.digest, self.reference.digest, report.triggers)
        bugs = {**manifest.bugs, bug.id: item}
        ordered = {bug_id: bugs[bug_id] for bug_id in self.catalogue if bug_id in bugs}
        manifest = self._with_edges(replace(manifest, bugs=ordered))
        save_manifest(manifest, self.folder)
        return manifest

    def _with_edges(self, manifest: Manifest) -> Manifest:
        return replace(manifest, edges=measured_edges(self.catalogue, manifest.bugs))


def _problems(triggers: Collection[str]) -> tuple[str, ...]:
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
