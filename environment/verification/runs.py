"""Runs of the suite for a verification: what fails is confirmed, and what every test reaches is recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from environment.grading.measure import run_confirmed
from environment.grading.process import private_folder
from environment.grading.results import SuiteRun
from environment.grading.runner import Options, run_suite
from environment.reach import plugin
from environment.reach.instrument import instrument
from environment.reach.recording import Recording, merged_recordings, read_recording

IDLE_SECONDS = 10.0
"""Longer than any loop of the platform sleeps while nothing happens, save the ones that clean up."""


def run_recorded(
    files: Mapping[str, bytes], expected: Collection[str] | None, options: Options, *, idle_seconds: float | None = None
) -> tuple[SuiteRun, Recording]:
    """Run tests on a tree, confirm what fails, and record what they reach.

    With `idle_seconds`, the start of the fleet is recorded in full: nothing that earlier runs left in the cache is
    used, so that all its jobs run, and it is left alone for so long before its first test.
    """
    whole = idle_seconds is not None
    copy = instrument(files, idle_seconds or 0.0)
    recordings: list[Recording] = []
    with private_folder() as cache:
        run = run_confirmed(
            copy.files,
            expected,
            replace(
                options,
                arguments=(*options.arguments, "-p", plugin.MODULE),
                environment={**options.environment, **({"XDG_CACHE_HOME": str(cache)} if whole else {})},
                collect=lambda tree: recordings.append(read_recording(tree, copy.names)),
            ),
        )
    return run, merged_recordings(Recording(copy.names), *recordings)


def collect_tests(files: Mapping[str, bytes], options: Options) -> SuiteRun:
    """What tests a tree has, without running any: `collected` has them, `outcomes` also what can't be collected."""
    return run_suite(files, None, replace(options, arguments=(*options.arguments, "--collect-only")))
