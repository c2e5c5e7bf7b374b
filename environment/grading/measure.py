"""Measured outcomes of trees that the environment made itself, kept in the state folder.

A measurement belongs to the digest of a tree's code and to the digest of each test module, so it is never used for
anything else, and when tests are added or changed only those run. It is signed. Agents' trees are not kept here, but an
untouched workspace has the digest of its baseline and need not run twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from environment.grading.errors import InfrastructureError
from environment.grading.process import NOT_RUN, OnDecided
from environment.grading.results import Collected, Outcome, SuiteRun, confirmed, merged
from environment.grading.runner import OWN_TREES, Options, run_suite
from environment.workspace.reference import verdict_digest
from environment.workspace.signed import Unsigned, load_signed, save_signed

FORMAT = 4


class Measurements:
    """A folder of measurements."""

    def __init__(self, folder: Path, options: Options = Options(twins=False, environment=OWN_TREES)) -> None:
        self._folder = folder
        self._options = options

    def find(self, files: Mapping[str, bytes], expected: Collection[str] | None = None) -> SuiteRun | None:
        """The kept measurement of a tree, if it covers the expected tests (None: every test module)."""
        modules, known = self._known(files)
        if expected is None:
            return known if modules == _modules(files) else None
        return _restricted(known, expected) if frozenset(expected) <= frozenset(known.outcomes) else None

    def measure(
        self,
        files: Mapping[str, bytes],
        expected: Collection[str] | None = None,
        *,
        fresh: bool = False,
        on_decided: OnDecided | None = None,
    ) -> SuiteRun:
        """Measure a tree: what isn't known of it, or all of it if `fresh`. Raises `InfrastructureError`."""
        kept = None if fresh else self.find(files, expected)
        if kept is not None:
            return kept
        modules, known = ({}, SuiteRun({})) if fresh else self._known(files)
        if expected is None:
            left = {path: content for path, content in files.items() if path not in modules}
            run = merged([known, self._run(left, None, on_decided)])
        else:
            run = merged([known, self._run(files, frozenset(expected) - frozenset(known.outcomes), on_decided)])
        self._keep(files, run)
        return run if expected is None else _restricted(run, expected)

    def _run(
        self, files: Mapping[str, bytes], expected: Collection[str] | None, on_decided: OnDecided | None
    ) -> SuiteRun:
        """What is kept is believed for ever, so a failure counts only when it comes again."""
        run = run_confirmed(files, expected, self._options, on_decided)
        if run.void:
            raise InfrastructureError(f"a tree of the environment's own can't be measured: {run.void}")
        return run

    def _known(self, files: Mapping[str, bytes]) -> tuple[dict[str, str], SuiteRun]:
        """What was measured of this code: the test modules that are still the same, and what their tests gave."""
        try:
            document = load_signed(self._folder.parent, self._name(files))
            if document["format"] != FORMAT:
                return {}, SuiteRun({})
            present = _modules(files)
            same = {path: digest for path, digest in document["modules"].items() if present.get(path) == digest}
            outcomes = {test_id: Outcome(word) for test_id, word in document["outcomes"].items()}
            collected = {
                test_id: Collected(tuple(services), flag) for test_id, (services, flag) in document["collected"].items()
            }
            run = SuiteRun(outcomes, document["messages"], collected, unstable=frozenset(document["unstable"]))
        except (FileNotFoundError, Unsigned, KeyError, ValueError, TypeError):
            return {}, SuiteRun({})
        return same, _restricted(run, [test_id for test_id in run.outcomes if _module_of(test_id) in same])

    def _name(self, files: Mapping[str, bytes]) -> str:
        code = {path: content for path, content in files.items() if not _is_test_module(path)}
        return f"{self._folder.name}/{verdict_digest(code)[:40]}.json"

    def _keep(self, files: Mapping[str, bytes], run: SuiteRun) -> None:
        """Keep all but what a limit or the end of a process kept from running: that says nothing about the tree."""
        lost = {test_id for test_id in run.not_run if run.messages.get(test_id, "").startswith(NOT_RUN)}
        run = _restricted(run, frozenset(run.outcomes) - lost)
        document = {
            "format": FORMAT,
            "modules": _modules(files),
            "outcomes": {test_id: outcome.value for test_id, outcome in run.outcomes.items()},
            "messages": dict(run.messages),
            "unstable": sorted(run.unstable),
            "collected": {
                test_id: (item.services, item.infrastructure_state) for test_id, item in run.collected.items()
            },
        }
        save_signed(self._folder.parent, self._name(files), document)


def run_confirmed(
    files: Mapping[str, bytes],
    expected: Collection[str] | None,
    options: Options,
    on_decided: OnDecided | None = None,
) -> SuiteRun:
    """Run tests on a tree as `run_suite` does, and what fails once more before it counts as failed.

    What a limit kept from running is tried as long as anything else runs: else it can't be run at all.
    """
    run = run_suite(files, expected, options, on_decided)
    doubtful = run.failed
    while doubtful and not run.void:
        again = run_suite(files, doubtful, options, on_decided)
        judged = frozenset(again.outcomes) - again.not_run
        # What did not run before was judged only once now.
        doubtful = (run.not_run & judged - again.passed) | (again.not_run if judged else frozenset())
        run = confirmed(run, again)
    return run


def _is_test_module(path: str) -> bool:
    return path.startswith("tests/") and PurePosixPath(path).match("test_*.py")


def _modules(files: Mapping[str, bytes]) -> dict[str, str]:
    """Digest of each test module."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items() if _is_test_module(path)}


def _module_of(test_id: str) -> str:
    return test_id.partition("::")[0]


def _restricted(run: SuiteRun, expected: Collection[str]) -> SuiteRun:
    """A run without what isn't expected."""
    wanted = frozenset(expected)
    return SuiteRun(
        {test_id: run.outcomes[test_id] for test_id in sorted(wanted)},
        {test_id: text for test_id, text in run.messages.items() if test_id in wanted},
        {test_id: item for test_id, item in run.collected.items() if test_id in wanted},
        run.void,
        unstable=run.unstable & wanted,
    )
