"""Measured outcomes of trees that the environment made itself, kept in the state folder.

A measurement belongs to the digest of its tree, so it is never used for anything else. Agents' trees are not kept here,
but an untouched workspace has the digest of its baseline and need not run twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from environment.grading.process import OnDecided
from environment.grading.results import Collected, Outcome, SuiteRun, confirmed
from environment.grading.runner import Options, run_suite
from environment.workspace.reference import verdict_digest

FORMAT = 2


class Measurements:
    """A folder of measurements. With `confirm`, what fails is run once more before it counts as failed."""

    def __init__(self, folder: Path, options: Options = Options(twins=False), *, confirm: bool = False) -> None:
        self._folder = folder
        self._options = options
        self._confirm = confirm

    def find(self, files: Mapping[str, bytes], expected: Collection[str] | None = None) -> SuiteRun | None:
        """The kept measurement of a tree, if it covers the expected tests."""
        path = self._path(files)
        try:
            document = json.loads(path.read_text())
            if document["format"] != FORMAT:
                return None
            run = SuiteRun(
                {test_id: Outcome(word) for test_id, word in document["outcomes"].items()},
                document["messages"],
                {test_id: Collected(tuple(names), flag) for test_id, (names, flag) in document["collected"].items()},
                unstable=frozenset(document["unstable"]),
            )
        except (FileNotFoundError, KeyError, ValueError, TypeError):
            return None
        if expected is None:
            return run
        return _restricted(run, expected) if frozenset(expected) <= frozenset(run.outcomes) else None

    def measure(
        self,
        files: Mapping[str, bytes],
        expected: Collection[str] | None = None,
        *,
        fresh: bool = False,
        on_decided: OnDecided | None = None,
    ) -> SuiteRun:
        """Measure a tree, or give the kept measurement unless `fresh`. Raises `InfrastructureError`."""
        kept = None if fresh else self.find(files, expected)
        if kept is not None:
            return kept
        run = run_suite(files, expected, self._options, on_decided)
        if self._confirm and run.failed and not run.void:
            run = confirmed(run, run_suite(files, run.failed, self._options, on_decided))
        self._keep(files, run)
        return run

    def _path(self, files: Mapping[str, bytes]) -> Path:
        return self._folder / f"{verdict_digest(files)[:40]}.json"

    def _keep(self, files: Mapping[str, bytes], run: SuiteRun) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        document = {
            "format": FORMAT,
            "outcomes": {test_id: outcome.value for test_id, outcome in run.outcomes.items()},
            "messages": dict(run.messages),
            "unstable": sorted(run.unstable),
            "collected": {
                test_id: (item.services, item.infrastructure_state) for test_id, item in run.collected.items()
            },
        }
        path = self._path(files)
        scratch = path.with_suffix(f".{os.getpid()}.new")
        scratch.write_text(json.dumps(document))
        os.replace(scratch, path)


def _restricted(run: SuiteRun, expected: Collection[str]) -> SuiteRun:
    return SuiteRun(
        {test_id: run.outcomes[test_id] for test_id in sorted(expected)},
        {test_id: text for test_id, text in run.messages.items() if test_id in frozenset(expected)},
        run.collected,
        unstable=run.unstable & frozenset(expected),
    )
