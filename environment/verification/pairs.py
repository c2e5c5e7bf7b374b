"""Which tests of a tree have to run: what a change of the tree can touch, and what was never run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from environment.grading.results import SuiteRun
from environment.reach.changes import changes
from environment.reach.reach_map import ReachMap, module_imports
from environment.reach.recording import Recording, TestReach
from environment.verification.kept import Record


def module_of(test_id: str) -> str:
    """The file of a test."""
    return test_id.partition("::")[0]


def still_valid(record: Record | None, files: Mapping[str, bytes], other: ReachMap | None = None) -> frozenset[str]:
    """The tests of a record whose outcome a tree of other content can't have changed.

    A test is left out when its own reach in the recorded tree is touched, or its reach in the `other` map.
    """
    if record is None:
        return frozenset()
    changed = changes(record.files, files)
    known = frozenset(test_id for test_id in record.run.outcomes if module_of(test_id) in files)
    if not changed:
        return known
    touched = record.map.selection(changed).tests
    if other is not None:
        touched |= other.selection(changed).tests
    return known - touched


def extended(
    record: Record | None,
    valid: Collection[str],
    files: Mapping[str, bytes],
    run: SuiteRun,
    recording: Recording,
) -> Record:
    """The record of a tree: what is still valid of an earlier one, and what has just been run."""
    tests = dict(recording.tests)
    start, unit_start, idle = recording.start, recording.unit_start, recording.idle
    if record is not None:
        kept = frozenset(valid) - frozenset(run.outcomes)
        earlier = _renamed(record.map.recording, recording.names, kept)
        tests.update(earlier.tests)
        start, unit_start, idle = start | earlier.start, unit_start | earlier.unit_start, idle | earlier.idle
        run = _joined(record.run, kept, run)
    whole = Recording(
        recording.names,
        {test_id: tests[test_id] for test_id in sorted(tests) if test_id in run.outcomes},
        start,
        unit_start,
        idle,
    )
    imports = module_imports(files, map(module_of, run.outcomes))
    return Record(files, run, ReachMap(whole, imports))


def _renamed(recording: Recording, names: tuple[str, ...], tests: Collection[str]) -> Recording:
    """A recording over the names of another tree; what is gone there is forgotten."""
    if recording.names == names:
        return replace(
            recording, tests={test_id: recording.tests[test_id] for test_id in tests & recording.tests.keys()}
        )
    places = {name: place for place, name in enumerate(names)}
    bits = [1 << places[name] if name in places else 0 for name in recording.names]

    def renamed(mask: int) -> int:
        result = 0
        while mask:
            lowest = mask & -mask
            result |= bits[lowest.bit_length() - 1]
            mask ^= lowest
        return result

    return Recording(
        names,
        {
            test_id: TestReach(renamed(reach.mask), reach.seconds)
            for test_id, reach in recording.tests.items()
            if test_id in tests
        },
        renamed(recording.start),
        renamed(recording.unit_start),
        renamed(recording.idle),
    )


def _joined(earlier: SuiteRun, kept: frozenset[str], run: SuiteRun) -> SuiteRun:
    return replace(
        run,
        outcomes={**{test_id: earlier.outcomes[test_id] for test_id in sorted(kept)}, **run.outcomes},
        messages={**{test_id: earlier.messages[test_id] for test_id in kept & earlier.messages.keys()}, **run.messages},
        collected={
            **{test_id: earlier.collected[test_id] for test_id in kept & earlier.collected.keys()},
            **run.collected,
        },
        unstable=run.unstable | (earlier.unstable & kept),
    )
