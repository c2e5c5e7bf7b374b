"""Grades the workspace of an episode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from environment.bugs.catalogue import Catalogue, load_catalogue
from environment.bugs.errors import ManifestError
from environment.bugs.manifest import Manifest, TestInfo, load_manifest
from environment.grading.measure import Measurements
from environment.grading.process import OnDecided
from environment.grading.results import Outcome, SuiteRun
from environment.grading.runner import Options, run_suite
from environment.reward.score import Baseline, Score, baseline, judge_bugs, score
from environment.workspace.episode import Episode, load_episode, save_episode
from environment.workspace.errors import SubmissionRejected, WorkspaceError
from environment.workspace.pristine import pristine_files
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
    only: frozenset[str] | None = None
    on_decided: OnDecided | None = field(default=None, repr=False)
    order: Order | None = field(default=None, repr=False)
    """Says which tests run first for what was edited in a workspace. The verdict doesn't depend on it."""

    @property
    def tests(self) -> Mapping[str, TestInfo]:
        """The tests that count."""
        if self.only is None:
            return self.manifest.tests
        return {test_id: info for test_id, info in self.manifest.tests.items() if test_id in self.only}

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
        run = self._run(workspace, episode)
        failures = {
            test_id: (run.outcomes[test_id].value, run.messages.get(test_id, "")) for test_id in sorted(run.failed)
        }
        result = score(
            self.tests,
            failures,
            start,
            ever_passed=episode.ever_passed,
            bugs=judge_bugs(self.catalogue, episode.bugs, self._measured(), run.failed),
            void=run.void,
        )
        self._note(episode, result)
        return result

    def _measured(self) -> Manifest:
        """The manifest with no triggers but those that count here."""
        if self.only is None:
            return self.manifest
        bugs = {
            bug_id: replace(item, triggers=tuple(test_id for test_id in item.triggers if test_id in self.tests))
            for bug_id, item in self.manifest.bugs.items()
        }
        return replace(self.manifest, tests=self.tests, bugs=bugs)

    def _run(self, workspace: Path, episode: Episode) -> SuiteRun:
        try:
            files = pristine_files(self.reference, workspace)
        except SubmissionRejected as error:
            return SuiteRun(dict.fromkeys(self.tests, Outcome.MISSING), void=f"rejected: {error}")
        untouched = self._injected(episode.bugs)
        if verdict_digest(files) == verdict_digest(untouched):
            return self._untouched(episode.bugs)
        options = self.options
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
        return Measurements(self.reference.state / "measurements").measure(
            files, self.tests, on_decided=self.on_decided
        )

    def _from_manifest(self, bugs: Collection[str]) -> SuiteRun | None:
        """A single bug's baseline is its measurement, when that is of today's reference and patch."""
        if len(bugs) != 1 or self.stale:
            return None
        (bug_id,) = bugs
        item = self.manifest.bugs.get(bug_id)
        if item is None or item.reference != self.reference.digest or item.patch != self.catalogue[bug_id].digest:
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
    return Grader(default_reference(), load_catalogue(), manifest, options, on_decided=on_decided)
