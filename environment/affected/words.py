"""What is said of an edit before its tests run, and what is known after them.

Nothing here tells a workspace from the reference: edits are told as they were made in the folder, tests by their ids.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from environment.affected.edits import Edits
from environment.affected.order import Choice, is_unit
from environment.affected.run import Result
from environment.causes import one_line
from environment.reach.changes import read_source
from environment.reach.instrument import is_instrumented

FORMAT = 1
SHOWN_EDITS = 8
MESSAGE_LIMIT = 160


def edited_parts(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """What was edited itself: functions by name; other files, and what else differs in a file, by path."""
    parts: list[str] = []
    for path in sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)):
        old, new = read_source(before.get(path)), read_source(after.get(path))
        if not is_instrumented(path) or old is None or new is None:
            parts.append(path)
            continue
        if old.module != new.module:
            parts.append(path)
        names = old.functions.keys() & new.functions.keys()
        parts += [f"{path}::{name}" for name in sorted(names) if old.functions[name] != new.functions[name]]
    return parts


def announcement(edits: Edits, choice: Choice, known: int) -> Iterator[str]:
    """What was edited and what will run for it. `known` is the number of tests that the map knows."""
    parts = edited_parts(edits.before, edits.after)
    if not edits:
        yield f"Nothing that tests depend on was edited {edits.since}."
        return
    if not parts:
        yield f"Only comments or layout were edited {edits.since}: no test can be touched."
        return
    yield f"Edited {edits.since}:"
    yield from (f"  {part}" for part in parts[:SHOWN_EDITS])
    if len(parts) > SHOWN_EDITS:
        yield f"  … and {len(parts) - SHOWN_EDITS} more"
    count, whole = len(choice.tests), " – all of them" if choice.selection.everything else ""
    if count:
        yield (
            f"{count:,} of {tests(known)} can be touched by it{whole}: {len(choice.unit):,} unit, "
            f"{len(choice.live):,} with a fleet. One after the other they took {_about(choice.seconds)}."
        )
    elif not choice.modules:
        yield "No test reaches it, so none can tell whether it is right."
    if choice.modules:
        yield f"Edited test modules run as a whole: {choice.modules[0]}{and_others(len(choice.modules) - 1)}."


def so_far(choice: Choice, seconds: float, failed: int) -> str:
    """What is known when only the long tests are left."""
    known = f"{failed:,} failed" if failed else "all passed"
    quick, long = len(choice.tests) - len(choice.long), len(choice.long)
    return f"After {seconds:.1f} s: {known} of {tests(quick)}; {tests(long)} of more than 5 s follow."


def conclusion(choice: Choice, result: Result) -> Iterator[str]:
    """What is known after the tests, and what isn't."""
    counts = Counter(end.outcome for end in result.decided.values())
    ran = ", ".join(f"{counts[word]:,} {word}" for word in ("passed", "failed", "skipped") if counts[word])
    first = f", the first failure after {result.first_failure:.1f} s" if result.first_failure is not None else ""
    yield f"{tests(len(choice.tests))} can be touched by the edit."
    yield f"{tests(len(result.decided))} ran in {result.seconds:.1f} s{first}: {ran or 'no result'}."
    if result.missing:
        yield f"Could not be run: {result.missing[0]}{and_others(len(result.missing) - 1)}."
    for path, message in list(result.uncollectable.items())[:3]:
        yield f"{path} can't be read: {one_line(message, MESSAGE_LIMIT)}"
    yield from result.troubles
    if wide := wide_parts(choice):
        shown = ", ".join(wide[:3]) + (" …" if len(wide) > 3 else "")
        yield f"Not a function's body, so it can't be followed to single tests and runs much: {shown}."
    if result.failed:
        yield "A test may fail for a cause that you haven't touched."
    yield "Tests that don't reach the edit were left out. The full grading stays the verdict."


def tests(count: int) -> str:
    """A number of tests in words."""
    return "1 test" if count == 1 else f"{count:,} tests"


def and_others(count: int) -> str:
    """What follows an example of many."""
    return "" if count < 1 else " and another one" if count == 1 else f" and {count:,} others"


def wide_parts(choice: Choice) -> list[str]:
    """Edits of module level, of the compose file, migrations and the like: reach can't be told test by test."""
    test_files = {path for path in choice.changes.files if path.startswith("tests/")}
    return [*sorted(choice.changes.modules), *sorted(choice.changes.files - test_files)]


def failure_line(test_id: str, message: str) -> str:
    """One failing test in one line."""
    return f"✗ {test_id}  {one_line(message, MESSAGE_LIMIT)}".rstrip()


def to_document(edits: Edits, choice: Choice, result: Result | None) -> dict[str, Any]:
    """The result as JSON values (format 1)::

        {"format": 1, "since": "since the last commit", "edited": ["services/…::name"],
         "tests": ["tests/…"], "everything": false, "unit": 38, "live": 3,
         "seconds": 5.2, "quick_seconds": 5.2, "first_failure": 1.3 | null, "long": [],
         "outcomes": {"tests/…": "passed"}, "messages": {"tests/…": "…"},
         "missing": [], "uncollectable": {}, "troubles": []}

    `quick_seconds` is when all tests but those in `long` were decided. `seconds` is 0 and `outcomes` empty when nothing
    had to run.
    """
    ends = result.decided if result is not None else {}
    return {
        "format": FORMAT,
        "since": edits.since,
        "edited": edited_parts(edits.before, edits.after),
        "tests": list(choice.tests),
        "everything": choice.selection.everything,
        "unit": sum(map(is_unit, choice.tests)),
        "live": sum(not is_unit(test_id) for test_id in choice.tests),
        "seconds": round(result.seconds, 3) if result is not None else 0.0,
        "quick_seconds": round(result.quick_seconds, 3) if result is not None else 0.0,
        "long": sorted(choice.long),
        "first_failure": result.first_failure if result is not None else None,
        "outcomes": {test_id: end.outcome for test_id, end in ends.items()},
        "messages": {test_id: end.message for test_id, end in ends.items() if end.message},
        "missing": list(result.missing) if result is not None else [],
        "uncollectable": dict(result.uncollectable) if result is not None else {},
        "troubles": list(result.troubles) if result is not None else [],
    }


def _about(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    return f"about {math.ceil(seconds)} s" if seconds < 100 else f"about {round(seconds / 60)} min"
