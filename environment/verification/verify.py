"""Measures the catalogue: which tests each bug fails, and which bug hides which.

First the suite runs on the reference, where every test must pass; in the same run it is recorded which test reaches
which function. Then the tests run on the reference with each bug alone: those that what it edits can touch, as the map
says. What fails, and fails again when it is run once more, are the bug's *triggers*. "X depends on Y" is a fact when a
trigger of X fails with only Y injected, that is, when it is a trigger of Y too; no further run is needed for edges.

Manifest and ledger are written after every bug: a crash or Ctrl-C loses only what was running, and whoever clones the
repository goes on from there. When the reference changes, those pairs of a bug and a test run again that the change can
touch, and no others; `fresh` and `repeat` run all that a bug can touch.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from environment.bugs.catalogue import PATCHES, Bug, Catalogue
from environment.bugs.errors import DiffError, ManifestError
from environment.bugs.held_out import HeldOut, all_files
from environment.bugs.manifest import (
    Manifest,
    Measurement,
    TestInfo,
    category_of,
    manifest_or_empty,
    save_manifest,
    services_of,
)
from environment.grading.machine import affordable_fleets
from environment.grading.results import SuiteRun
from environment.grading.runner import Options
from environment.verification.ledger import Ledger
from environment.verification.measuring import Findings, Measurer, Plan
from environment.verification.outcomes import measured_edges, measurement, problems
from environment.verification.records import Record, module_of
from environment.verification.runs import IDLE_SECONDS
from environment.verification.together import groups, hides_others, is_wide, narrowed, parts, suspects
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
    held_out: tuple[int, int] = (0, 0)
    """How many held-out tests of the bug fail with it, and how many it has."""


OnReport = Callable[[Report], None]


@dataclass
class Verifier:
    """Measures bugs; writes the manifest, the reach map and the ledger beside the patches."""

    reference: Reference
    catalogue: Catalogue
    options: Options = field(default_factory=lambda: Options(twins=False))
    held_out: Mapping[str, HeldOut] = field(default_factory=dict)
    folder: Path = PATCHES
    jobs: int = 1
    repeat: int = 1
    fresh: bool = False
    together: int = 1
    """How many bugs share a run of what several of them can touch; see `together.py`."""
    limit_seconds: float = math.inf
    """After so long no further bug is begun."""
    idle_seconds: float = IDLE_SECONDS
    """How long a fleet is left alone to see what runs by itself, when the reference is measured as a whole."""
    on_report: OnReport = field(default=lambda report: None)
    stop: threading.Event = field(default_factory=threading.Event)
    """The one of the options: set when something fails or Ctrl-C is pressed, so that no run goes on."""
    left: list[str] = field(default_factory=list, init=False)
    """The bugs that were asked for and that the limit left unmeasured."""

    def verify(self, ids: Sequence[str] = ()) -> list[Report]:
        """Measure the reference and the named bugs (all by default), those first that can touch the fewest tests; the
        reference's report comes first.

        Raises `ManifestError` when a test of the reference fails: nothing can be measured against it then.
        """
        end = time.monotonic() + self.limit_seconds
        chosen = [self.catalogue[bug_id] for bug_id in (ids or self.catalogue)]
        # A bug's run is mostly a fleet's start and a few tests: bugs beside each other share the machine better.
        workers = max(1, affordable_fleets() // self.jobs) if self.jobs > 1 else None
        measurer = Measurer(
            self.reference,
            self.options,
            self.held_out,
            self.repeat,
            self.fresh,
            self.idle_seconds,
            workers,
            keep_reference=bool(ids) and self.repeat == 1,
        )
        ledger = Ledger.load(self.reference, self.folder, all_files(self.held_out))
        record, found = measurer.measure_reference(ledger.reference)
        failed, forgeable = self._visible(found.failed), self._visible(found.forgeable)
        first = _of_reference(failed, found, sorted(found.failed - frozenset(failed)))
        self.on_report(first)
        plans = self._plans(measurer, ledger, record)
        ledger.set_reference(record, {bug_id: plan.record for bug_id, plan in plans.items() if plan.record is not None})
        _refuse(failed, "Every test must pass on the reference, each time. These don't:")
        _refuse(forgeable, "These unit tests can't fail, so they can't tell a right grading from a forged one:")
        manifest = self._start(record.run, plans)
        unsound, of = found.failed | found.forgeable, len(manifest.tests)
        reports = [first]
        pending: list[Plan] = []
        for bug in chosen:
            if bug.id not in plans:
                reports.append(Report(bug.id, (), {}, (), ("doesn't fit the reference: `omnicloud bugs check`",), 0.0))
            elif measurer.from_nothing:
                pending.append(plans[bug.id].anew())
            elif plans[bug.id].done:
                reports.append(self._reported(bug, manifest.bugs[bug.id], unsound, of, Findings()))
            else:
                pending.append(plans[bug.id])
        for report in reports[1:]:
            self.on_report(report)
        pending.sort(key=lambda plan: len(plan.touched))
        for bug, measured, found in self._measured(measurer, pending, ledger, end):
            item = self._measurement(bug, found.failed, record.run)
            report = self._reported(bug, item, unsound, of, found)
            if measured is not None:
                manifest = self._add(manifest, bug, item)
                ledger.set_bug(bug.id, measured)
            reports.append(report)
            self.on_report(report)
        return reports

    def _plans(self, measurer: Measurer, ledger: Ledger, record: Record) -> dict[str, Plan]:
        """What there is to do for every bug that fits the reference, whether it was asked for or not."""
        known = manifest_or_empty(self.folder)
        plans: dict[str, Plan] = {}
        for bug in self.catalogue.values():
            with suppress(DiffError):
                plans[bug.id] = measurer.plan(bug, ledger.bug(bug.id, known), known.bugs.get(bug.id), record.map)
        return plans

    def _measured(
        self, measurer: Measurer, plans: Sequence[Plan], ledger: Ledger, end: float
    ) -> Iterator[tuple[Bug, Record | None, Findings]]:
        """Measure bugs as long as there is time: those that can touch few tests, those that can touch many, and those
        that fail nearly all."""
        assert ledger.reference is not None
        known, reach = manifest_or_empty(self.folder).bugs, ledger.reference.map
        # Whoever wants every test repeated wants those repeated, too, that nobody suspects.
        together = self.together if self.repeat == 1 else 1
        last = [plan for plan in plans if hides_others(known.get(plan.bug.id), reach)]
        wide = [plan for plan in plans if is_wide(plan, reach) and plan not in last]
        narrow = [plan for plan in plans if plan not in (*wide, *last)]
        if together > 1:
            for some in (narrow, wide):
                for group in groups(some, self.catalogue, together):
                    yield from self._together(measurer, group, ledger, end)
        else:
            yield from self._beside_each_other(measurer, [plan for plan in plans if plan not in last], end)
        yield from self._beside_each_other(measurer, last, end)

    def _together(
        self, measurer: Measurer, group: Sequence[Plan], ledger: Ledger, end: float
    ) -> Iterator[tuple[Bug, Record | None, Findings]]:
        """Measure bugs that share a run, then a smaller one with few of them, then each alone on what is left. What a
        shared run says is kept at once, too."""
        assert ledger.reference is not None
        known, reach = manifest_or_empty(self.folder).bugs, ledger.reference.map
        pending = [(list(group), True)]
        while pending:
            bugs, whole = pending.pop(0)
            if len(bugs) > 1 and time.monotonic() < end:
                found = suspects(bugs, self.reference, self.held_out, self.options, known, reach)
                if found is None:
                    pending = [(bugs[::2], whole), (bugs[1::2], whole), *pending]
                    continue
                bugs = [narrowed(plan, found, self.held_out.get(plan.bug.id), reach) for plan in bugs]
                for plan in bugs:
                    if plan.record is not None:
                        ledger.set_bug(plan.bug.id, plan.record)
                smaller = parts(bugs, reach) if whole else []
                if smaller:
                    pending = [*((part, False) for part in smaller), *pending]
                    continue
            yield from self._beside_each_other(measurer, bugs, end)

    def _beside_each_other(
        self, measurer: Measurer, plans: Sequence[Plan], end: float
    ) -> Iterator[tuple[Bug, Record | None, Findings]]:
        """Measure bugs, `jobs` at a time, as long as there is time."""

        def measure(plan: Plan) -> tuple[Record | None, Findings] | None:
            return measurer.measure_bug(plan) if time.monotonic() < end else None

        with ThreadPoolExecutor(max_workers=max(1, self.jobs)) as pool:
            futures = {pool.submit(measure, plan): plan.bug for plan in plans}
            try:
                for future in as_completed(futures):
                    bug, result = futures[future], future.result()
                    if result is None:
                        self.left.append(bug.id)
                    else:
                        yield bug, *result
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True, wait=True)
                raise

    def _visible(self, tests: Iterable[str]) -> list[str]:
        """Those tests that aren't held out, sorted."""
        hidden = all_files(self.held_out)
        return sorted(test_id for test_id in tests if module_of(test_id) not in hidden)

    def _start(self, run: SuiteRun, plans: Mapping[str, Plan]) -> Manifest:
        """The manifest to go on with: today's tests, and the measurements of bugs that there still are. Those that
        nothing has touched are measurements of today's reference."""
        visible = frozenset(self._visible(run.collected))
        tests = {
            test_id: TestInfo(category_of(test_id), services_of(test_id, item.services), item.infrastructure_state)
            for test_id, item in sorted(run.collected.items())
            if test_id in visible
        }
        known = manifest_or_empty(self.folder).bugs
        bugs: dict[str, Measurement] = {}
        for bug in self.catalogue.values():
            if bug.id in plans and plans[bug.id].done:
                bugs[bug.id] = self._measurement(bug, plans[bug.id].failed, run)
            elif bug.id in known:
                bugs[bug.id] = known[bug.id]
        manifest = self._with_edges(Manifest(self.reference.digest, tests, bugs))
        save_manifest(manifest, self.folder)
        return manifest

    def _measurement(self, bug: Bug, failed: Collection[str], run: SuiteRun) -> Measurement:
        return measurement(bug, self.reference.digest, failed, self.held_out.get(bug.id), run.passed)

    def _reported(self, bug: Bug, item: Measurement, unsound: Collection[str], of: int, found: Findings) -> Report:
        held_out = self.held_out.get(bug.id)
        wrong = problems(item, held_out, unsound)
        if found.void:
            wrong = (f"the run can't be believed: {found.void}",)
        tests = {} if item.held_out is None else item.held_out.tests
        return Report(
            bug.id,
            item.triggers,
            {test_id: found.messages.get(test_id, "") for test_id in item.triggers},
            tuple(sorted(found.unstable)),
            wrong,
            found.seconds,
            len(found.ran),
            found.touched,
            of,
            (sum(tests.values()), len(tests)),
        )

    def _add(self, manifest: Manifest, bug: Bug, item: Measurement) -> Manifest:
        bugs = {**manifest.bugs, bug.id: item}
        ordered = {bug_id: bugs[bug_id] for bug_id in self.catalogue if bug_id in bugs}
        manifest = self._with_edges(replace(manifest, bugs=ordered))
        save_manifest(manifest, self.folder)
        return manifest

    def _with_edges(self, manifest: Manifest) -> Manifest:
        return replace(manifest, edges=measured_edges(self.catalogue, manifest.bugs))


def _refuse(tests: Sequence[str], why: str) -> None:
    """Raise when there are such tests."""
    if tests:
        raise ManifestError("\n  ".join([why, *tests[:20]]))


def _of_reference(failed: Sequence[str], found: Findings, held_out: Sequence[str]) -> Report:
    """`held_out` are those of the held-out tests that fail."""
    messages = {test_id: found.messages.get(test_id, "") for test_id in failed}
    wrong = tuple(f"held-out, but fails on the reference: {test_id}" for test_id in held_out)
    return Report("", tuple(failed), messages, (), wrong, found.seconds, len(found.ran), found.touched, found.touched)
