"""Measures bugs several at a time.

What every request or every start of a fleet passes through, nearly every test reaches; such a bug alone takes a run of
the whole suite. And the tests of the whole platform, which are the longest, reach something of nearly every bug. So
several bugs are put into one tree that runs what two of them or more can touch, and what fails there names the
*suspects*. A few of the bugs at a time are put into a tree that runs the suspects, which leaves each few with suspects
of their own. Each bug then runs alone on those suspects that it can touch, on what only it can touch, on what it failed
when it was measured before, and on its own held-out tests; of all others it is taken that they pass.

That a test passes with several bugs and fails with one of them alone is possible only if another of them makes up for
it. `omnicloud bugs verify --audit` runs bugs in full and finds such a test.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from environment.bugs.catalogue import Bug, Catalogue
from environment.bugs.errors import DiffError
from environment.bugs.graph import ancestors
from environment.bugs.held_out import HeldOut, all_files
from environment.bugs.manifest import Measurement
from environment.grading.machine import affordable_fleets
from environment.grading.runner import Options, run_suite
from environment.reach.reach_map import ReachMap
from environment.verification import hurry
from environment.verification.measuring import Plan
from environment.verification.records import module_of, supposed
from environment.workspace.reference import Reference

WIDE_SHARE = 0.2
"""A bug is wide when so much of the suite's time has to run with it; less is sooner done alone."""
FLEETS_A_CORE = 2
"""With many bugs tests mostly wait for what doesn't come; who fails because the machine is busy is only a suspect."""
RUN_SECONDS = 7200.0
"""What a shared run may take: tests that wait for what never comes take far longer than on the reference."""
HIDING_SHARE = 0.1
"""A bug that fails more than this of all tests is put beside no other."""
FEWEST = 4
"""Parts of fewer bugs spare less than they cost."""
START_SECONDS = 30.0
"""About what a fleet's start takes, beside other work."""
BROKEN_SHARE = 0.5
"""When more than this of the tests fail, the tree says little of its bugs: they are parted."""


def is_wide(plan: Plan, reach: ReachMap) -> bool:
    """Whether a bug alone would run a great part of the suite."""
    whole = sum(map(reach.seconds, reach.tests_known))
    return sum(map(reach.seconds, plan.wanted)) > WIDE_SHARE * whole


def hides_others(known: Measurement | None, reach: ReachMap) -> bool:
    """Whether a bug failed so many tests, when it was measured last, that nothing else would show beside it."""
    return known is not None and len(known.triggers) > HIDING_SHARE * len(reach.tests_known)


def groups(plans: Iterable[Plan], catalogue: Catalogue, most: int) -> list[list[Plan]]:
    """Plans of at most so many bugs each that can be injected together: no two edit one file, and none hides another
    as far as the catalogue knows."""
    found: list[list[Plan]] = []
    for plan in plans:
        place = next((group for group in found if len(group) < most and _fits(plan.bug, group, catalogue)), None)
        if place is None:
            found.append([plan])
        else:
            place.append(plan)
    return found


def parts(group: Sequence[Plan], reach: ReachMap) -> list[list[Plan]]:
    """The bugs of a group after its run, in parts that share one more run of what is left: the square root of their
    number, which leaves the fewest tests to run. None where so little is left that a fleet's start costs more."""
    size = math.isqrt(len(group))
    seconds = sum(map(reach.seconds, frozenset[str]().union(*(plan.wanted for plan in group))))
    if size < FEWEST or seconds < START_SECONDS:
        return []
    return [list(group[first : first + size]) for first in range(0, len(group), size)]


def _fits(bug: Bug, group: Sequence[Plan], catalogue: Catalogue) -> bool:
    others = {plan.bug.id: plan.bug for plan in group}
    if any(frozenset(bug.paths) & frozenset(other.paths) for other in others.values()):
        return False
    return not ancestors(catalogue, bug.id) & others.keys() and not any(
        bug.id in ancestors(catalogue, other) for other in others
    )


def suspects(
    plans: Sequence[Plan],
    reference: Reference,
    held_out: Mapping[str, HeldOut],
    options: Options,
    known: Mapping[str, Measurement],
    reach: ReachMap,
) -> frozenset[str] | None:
    """The tests that each of these bugs has to run alone, as far as it can touch them: those that don't pass with all
    of them, and those that aren't tried with all of them. None when so many don't pass that the tree says nothing."""
    hidden = all_files(held_out)
    times = Counter(test_id for plan in plans for test_id in plan.wanted if module_of(test_id) not in hidden)
    expected = frozenset[str]().union(*(known[plan.bug.id].triggers for plan in plans if plan.bug.id in known))
    shared = frozenset(test_id for test_id, bugs in times.items() if bugs > 1) - expected
    if sum(map(reach.seconds, shared)) < START_SECONDS:
        return frozenset(times)
    try:
        files = reference.with_bugs([plan.bug for plan in plans])
    except DiffError:
        return None
    hurried = {
        f"{hurry.MODULE}.py": Path(hurry.__file__).read_bytes(),
        f"{hurry.MODULE}.json": json.dumps({test_id: reach.seconds(test_id) for test_id in sorted(shared)}).encode(),
    }
    run = run_suite(
        {**files, **hurried},
        shared,
        replace(
            options,
            arguments=(*options.arguments, "-p", hurry.MODULE),
            limits=replace(options.limits, total=RUN_SECONDS),
            workers=affordable_fleets(FLEETS_A_CORE) if options.workers is None else options.workers,
        ),
    )
    failed = shared - run.passed
    return None if run.void or len(failed) > BROKEN_SHARE * len(shared) else frozenset(times) - run.passed


def narrowed(plan: Plan, suspected: frozenset[str], held_out: HeldOut | None, reach: ReachMap) -> Plan:
    """What is left to do for one of the bugs: the suspects and its own held-out tests."""
    left = frozenset(test_id for test_id in plan.wanted if test_id in suspected or test_id in (held_out or ()))
    known = plan.touched - left
    failed = plan.record.run.failed & plan.valid if plan.record is not None else frozenset[str]()
    return replace(plan, valid=known, record=supposed(plan.files, known, failed, reach))
