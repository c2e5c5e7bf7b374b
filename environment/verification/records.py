"""What is known of one tree, and which of it a change of the tree leaves alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from environment.grading.results import Outcome, SuiteRun
from environment.reach.changes import changes
from environment.reach.instrument import function_names
from environment.reach.prints import Print, prints_of
from environment.reach.reach_map import ReachMap, module_imports
from environment.reach.recording import Recording, TestReach
from environment.workspace.contents import bearing, bears_on_verdicts


@dataclass(frozen=True)
class Record:
    """Outcomes of tests on a tree, the prints of that tree, and the map of what the tests reached in it."""

    prints: Mapping[str, Print]
    run: SuiteRun
    map: ReachMap


def module_of(test_id: str) -> str:
    """The file of a test."""
    return test_id.partition("::")[0]


def judged(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a tree that verdicts depend on."""
    return {path: bearing(path, content) for path, content in files.items() if bears_on_verdicts(path)}


def still_valid(record: Record | None, files: Mapping[str, bytes], other: ReachMap | None = None) -> frozenset[str]:
    """The tests of a record whose outcome a tree of other content can't have changed.

    A test is left out when its own reach in the recorded tree is touched, or its reach in the `other` map.
    """
    if record is None:
        return frozenset()
    changed = changes(record.prints, judged(files))
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
        earlier = renamed(record.map.recording, recording.names, kept)
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
    return Record(prints_of(judged(files)), run, ReachMap(whole, module_imports(files, map(module_of, run.outcomes))))


def carried(record: Record, valid: Collection[str], files: Mapping[str, bytes]) -> Record:
    """The record of a tree that came of a recorded one: what is still valid."""
    if record.run.outcomes.keys() == valid and prints_of(judged(files)) == record.prints:
        return record
    return extended(record, valid, files, SuiteRun({}), Recording(function_names(files)))


def supposed(
    files: Mapping[str, bytes], touched: Collection[str], triggers: Collection[str], reach: ReachMap
) -> Record:
    """The record of a tree with a bug of which only the triggers are known: tests reach in it what they do without."""
    run = SuiteRun({t: Outcome.FAILED if t in triggers else Outcome.PASSED for t in sorted(touched)})
    tests = {test_id: reach.recording.tests[test_id] for test_id in sorted(touched)}
    return Record(prints_of(judged(files)), run, ReachMap(replace(reach.recording, tests=tests), reach.imports))


def renamed(recording: Recording, names: tuple[str, ...], tests: Collection[str]) -> Recording:
    """A recording over the names of another tree; what is gone there is forgotten."""
    if recording.names == names:
        return replace(
            recording, tests={test_id: recording.tests[test_id] for test_id in tests & recording.tests.keys()}
        )
    places = {name: place for place, name in enumerate(names)}
    bits = [1 << places[name] if name in places else 0 for name in recording.names]

    def rename(mask: int) -> int:
        result = 0
        while mask:
            lowest = mask & -mask
            result |= bits[lowest.bit_length() - 1]
            mask ^= lowest
        return result

    return Recording(
        names,
        {
            test_id: TestReach(rename(reach.mask), reach.seconds)
            for test_id, reach in recording.tests.items()
            if test_id in tests
        },
        rename(recording.start),
        rename(recording.unit_start),
        rename(recording.idle),
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
