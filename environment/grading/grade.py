"""Grades the workspace of an episode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.control import CONTROLS, load_control
from environment.bugs.errors import ManifestError
from environment.bugs.held_out import HeldOut, load_held_out
from environment.bugs.manifest import Manifest, TestInfo, load_manifest
from environment.grading.compose_rules import keep_rules
from environment.grading.controls import controlled
from environment.grading.generalise import Generalisation
from environment.grading.measure import Measurements
from environment.grading.parties import Parties, parties
from environment.grading.process import OnDecided
from environment.grading.results import Outcome, SuiteRun
from environment.grading.runner import OWN_TREES, Options, run_suite
from environment.reward.bug_status import BugReport, judge_bugs
from environment.reward.diagnosis import FILE as DIAGNOSIS
from environment.reward.diagnosis import MOST_BYTES, Diagnosis, diagnose, truths
from environment.reward.score import Baseline, Score, baseline, score
from environment.workspace.episode import Episode, load_episode, save_episode
from environment.workspace.errors import SubmissionRejected, WorkspaceError
from environment.workspace.pristine import pristine_files, submitted_file
from environment.workspace.reference import Reference, default_reference, verdict_digest

Order = Callable[[Mapping[str, bytes], Mapping[str, bytes]], Sequence[str]]
"""From the untouched workspace's files and those that are graded to the ids that run first."""


@dataclass
class Grader:
    """Grades workspaces that were made from one reference.

    `only` restricts the suite to some tests (all of the manifest's by default): players and continuous integration
    use it to be quick. One grader and one episode always use the same restriction.
    """

    reference: Reference
    catalogue: Catalogue
    manifest: Manifest
    options: Options = field(default_factory=Options)
    held_out: Mapping[str, HeldOut] = field(default_factory=dict, repr=False)
    """The held-out tests of bugs. In a restricted grading only those run whose category is one of its own."""
    only: frozenset[str] | None = None
    on_decided: OnDecided | None = field(default=None, repr=False)
    controls: Path = CONTROLS
    """Where decoys and impossible tests of controls lie."""
    order: Order | None = field(default=None, repr=False)
    """Says which tests run first for what was edited in a workspace. The verdict doesn't depend on it."""
    turn: Callable[[], AbstractContextManager[None]] = field(default=nullcontext, repr=False)
    """Held while tests run, within each other, too: so that those who share a machine can wait for each other."""

    @property
    def tests(self) -> Mapping[str, TestInfo]:
        """The tests that count."""
        if self.only is None:
            return self.manifest.tests
        return {test_id: info for test_id, info in self.manifest.tests.items() if test_id in self.only}

    @property
    def parties(self) -> Parties:
        """Everything that must not see the reference, its measurements or the episodes' records."""
        return parties(self.reference.root, self.reference.state)

    @property
    def stale(self) -> bool:
        """Whether the reference has changed since the manifest was measured."""
        return self.manifest.reference != self.reference.digest

    def baseline(self, bugs: Collection[str]) -> Baseline:
        """What a workspace with these bugs earns untouched. Measured once and kept in the state folder."""
        return baseline(self.tests, self._untouched(bugs).passed)

    def grade(self, workspace: Path) -> Score:
        """Grade a workspace and note in its record what passed.

        Raises `InfrastructureError` when the environment fails (then nothing is noted) and `WorkspaceError` when the
        workspace isn't one of this reference's.
        """
        episode = load_episode(self.reference, workspace)
        if episode.reference != self.reference.digest:
            raise WorkspaceError(
                f"The repository has changed since {workspace} was made, so its tests no longer fit. "
                "Make the workspace anew with `omnicloud challenge`."
            )
        start = self.baseline(episode.bugs)
        control = load_control(episode.control, episode.control_name, self.controls) if episode.control else None
        untouched = self._injected(episode.bugs) if control is None else control.files(self.reference.files)
        options = replace(self.options, parties=self.parties)
        with self.turn():
            files, run, bugs = self._judged(workspace, episode, untouched, options)
        failures = {
            test_id: (run.outcomes[test_id].value, run.messages.get(test_id, "")) for test_id in sorted(run.failed)
        }
        result = score(
            self.tests,
            failures,
            start,
            ever_passed=episode.ever_passed,
            bugs=bugs,
            void=run.void,
        )
        result = replace(result, diagnosis=self._diagnosis(workspace, episode))
        if control is not None:
            result = replace(result, controls=controlled(control, workspace, files, untouched, options))
        result = replace(result, void_phases=run.void_phases, ignored=run.ignored, holes=tuple(self.parties.host.holes))
        self._note(episode, result)
        return result

    def _judged(
        self, workspace: Path, episode: Episode, untouched: Mapping[str, bytes], options: Options
    ) -> tuple[Mapping[str, bytes], SuiteRun, tuple[BugReport, ...]]:
        """What is judged, what the tests say of it, and what that means for the bugs."""
        files: Mapping[str, bytes]
        try:
            files, ignored = self._submitted(workspace, untouched)
            run = replace(self._run(files, untouched, episode.bugs, options), ignored=ignored)
        except SubmissionRejected as error:
            files, run = {}, SuiteRun(dict.fromkeys(self.tests, Outcome.MISSING), void=f"rejected: {error}")
        measured = self._measured()
        bugs = judge_bugs(self.catalogue, episode.bugs, measured, run.failed)
        categories = {info.category for info in self.tests.values()}
        return files, run, Generalisation(self.held_out, measured, categories).judged(bugs, files, options)

    def _diagnosis(self, workspace: Path, episode: Episode) -> Diagnosis:
        known = truths(self.reference.files, [self.catalogue[bug_id] for bug_id in episode.bugs], self.manifest)
        try:
            return diagnose(submitted_file(workspace, DIAGNOSIS, MOST_BYTES), known)
        except SubmissionRejected as error:
            return Diagnosis(trouble=str(error))

    def _measured(self) -> Manifest:
        """The manifest with no bugs but those that were measured as they are now, on the reference of the whole, and no
        triggers but those that count here."""
        tests = self.tests
        bugs = {
            bug.id: replace(item, triggers=tuple(test_id for test_id in item.triggers if test_id in tests))
            for bug in self.catalogue.values()
            if (item := self.manifest.of(bug)) is not None and item.reference == self.manifest.reference
        }
        return replace(self.manifest, tests=tests, bugs=bugs)

    def _submitted(
        self, workspace: Path, untouched: Mapping[str, bytes]
    ) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
        """What is judged of a workspace, and what of its compose file isn't taken over. Raises SubmissionRejected."""
        files = pristine_files(self.reference, workspace)
        if verdict_digest(files) == verdict_digest(untouched):
            return files, ()
        return keep_rules(files, untouched, self.reference.files)

    def _run(
        self, files: Mapping[str, bytes], untouched: Mapping[str, bytes], bugs: Collection[str], options: Options
    ) -> SuiteRun:
        if verdict_digest(files) == verdict_digest(untouched):
            return self._untouched(bugs)
        if self.order is not None:
            options = replace(options, first=tuple(self.order(untouched, files)))
        return run_suite(files, self.tests, options, self.on_decided)

    def _injected(self, bugs: Collection[str]) -> dict[str, bytes]:
        return self.reference.with_bugs(self.catalogue[bug_id] for bug_id in bugs)

    def _untouched(self, bugs: Collection[str]) -> SuiteRun:
        files = self._injected(bugs)
        known = self._from_manifest(bugs)
        if known is not None:
            return known
        options = Options(twins=False, environment=OWN_TREES, stop=self.options.stop)
        measurements = Measurements(self.reference.state / "measurements", options)
        with self.turn():
            return measurements.measure(files, self.tests, on_decided=self.on_decided)

    def _from_manifest(self, bugs: Collection[str]) -> SuiteRun | None:
        """A single bug's baseline is its measurement, when that is of today's reference and patch. Without bugs every
        test passes: there is no manifest of a reference on which one doesn't."""
        if self.stale or len(bugs) > 1:
            return None
        if not bugs:
            return SuiteRun(dict.fromkeys(self.tests, Outcome.PASSED))
        (bug_id,) = bugs
        item = self.manifest.of(self.catalogue[bug_id])
        if item is None or item.reference != self.reference.digest:
            return None
        triggers = frozenset(item.triggers)
        return SuiteRun(
            {test_id: Outcome.FAILED if test_id in triggers else Outcome.PASSED for test_id in self.tests},
            dict.fromkeys(triggers & frozenset(self.tests), "fails in the untouched workspace"),
        )

    def _note(self, episode: Episode, result: Score) -> None:
        scores = episode.scores or (str(result.baseline.total),)
        save_episode(
            self.reference,
            replace(
                episode,
                ever_passed=tuple(sorted(frozenset(episode.ever_passed) | result.passed | result.baseline.passed)),
                scores=(*scores, str(result.total)),
            ),
        )


def default_grader(options: Options = Options(), on_decided: OnDecided | None = None) -> Grader:
    """A grader for this repository; raises `ManifestError` when the catalogue was never measured."""
    manifest = load_manifest()
    if not manifest.tests:
        raise ManifestError("The manifest names no tests. Make it anew with `omnicloud bugs verify`.")
    return Grader(default_reference(), load_catalogue(), manifest, options, load_held_out(), on_decided=on_decided)
