"""The score of one grading, with every component.

JSON (format 1), stable::

    {"format": 1,
     "solved": 0 | 1,
     "score": 0.78,                     tier + counted bonuses + penalty
     "reward": 0.23,                    score minus the untouched workspace's score
     "maximum": 1.115,                  the score when everything passes
     "pass_rate": 0.91, "pass_rate_exact": "91/100",
     "tier": 0.78, "bonus": 0.0, "penalty": 0.0,
     "bonuses": [{"name": "service:auth", "value": 0.015, "earned": true, "at_baseline": false, "counted": true}],
     "baseline": {"score": 0.55, "pass_rate": 0.8, "pass_rate_exact": "4/5", "bonuses": ["chaos"]},
     "regressions": ["tests/…"],
     "void": "",                        why nothing counts, if so
     "categories": [{"name": "unit", "weight": 1.0, "passed": 10, "total": 12}],
     "services": [{"name": "auth", "passed": 3, "total": 3}],
     "bugs": [{"id": "A1", "status": "fixed", "failing": 0, "triggers": 4}],
     "causes": [{"message": "…", "count": 650, "example": "tests/…"}],
     "failures": {"tests/…": {"outcome": "failed", "message": "…"}}}

A bonus is counted when the untouched workspace doesn't earn it already: nobody is paid for doing nothing. A bug's
status is "fixed" when its measured triggers pass but for those that other bugs fail, "masked" when all of them fail
and would do so anyway because of unfixed bugs that hide it (so it can't be told whether it is fixed), else
"not fixed"; "unmeasured" when the manifest knows no trigger of it among the tests that ran.

`causes` groups `failures`, the most frequent cause first; every failure belongs to one of them. Messages that differ
only in ids, times, addresses, paths and numbers, or in which service passes an error on, are one cause; comparisons
without words are so only within one test file. `message` is the line of the test `example`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from environment.bugs.catalogue import Bug
from environment.bugs.families import id_key
from environment.bugs.graph import ancestors
from environment.bugs.manifest import CATEGORIES, Manifest, TestInfo
from environment.reward.failures import failure_causes
from environment.reward.rules import BONUSES, PENALTY, WEIGHTS, earned, pass_rate, tier
from environment.services import SERVICES

FORMAT = 1


class BugStatus(StrEnum):
    """What is known of a seeded bug after a grading."""

    FIXED = "fixed"
    NOT_FIXED = "not fixed"
    MASKED = "masked"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True)
class Tally:
    """Passed and all tests of a category or a service."""

    passed: int
    total: int


@dataclass(frozen=True)
class BugReport:
    """A seeded bug and how many of its measured triggers fail."""

    id: str
    status: BugStatus
    failing: int
    triggers: int


@dataclass(frozen=True)
class Baseline:
    """What the untouched workspace earns."""

    rate: Fraction
    tier: Fraction
    bonuses: frozenset[str]
    passed: frozenset[str]

    @property
    def total(self) -> Fraction:
        """The untouched workspace's score: its tier. Its bonuses don't count."""
        return self.tier


@dataclass(frozen=True)
class Score:
    """One grading. `total` is the score; `reward` is what the episode has been paid so far, all in all."""

    rate: Fraction
    tier: Fraction
    bonuses: frozenset[str]
    offered: frozenset[str]
    """Bonuses that can be earned at all: those with tests."""
    regressions: tuple[str, ...]
    baseline: Baseline
    categories: Mapping[str, Tally]
    services: Mapping[str, Tally]
    bugs: tuple[BugReport, ...]
    failures: Mapping[str, tuple[str, str]]
    """Test id -> (outcome, message)."""
    passed: frozenset[str] = field(repr=False)
    void: str = ""

    @property
    def counted(self) -> frozenset[str]:
        """Bonuses that are earned now and weren't by the untouched workspace."""
        return self.bonuses - self.baseline.bonuses

    @property
    def bonus(self) -> Fraction:
        """Sum of the counted bonuses."""
        return sum((BONUSES[name] for name in self.counted), Fraction(0))

    @property
    def penalty(self) -> Fraction:
        """−0.20 when a test that has passed before fails, else 0."""
        return PENALTY if self.regressions else Fraction(0)

    @property
    def total(self) -> Fraction:
        """Tier, counted bonuses and penalty."""
        return self.tier + self.bonus + self.penalty

    @property
    def reward(self) -> Fraction:
        """Score minus the untouched workspace's score."""
        return self.total - self.baseline.total

    @property
    def maximum(self) -> Fraction:
        """The score that this workspace has when every test passes."""
        return Fraction(1) + sum((BONUSES[name] for name in self.offered - self.baseline.bonuses), Fraction(0))

    @property
    def solved(self) -> int:
        """1 when every visible test passes, else 0."""
        return int(self.rate == 1)


def baseline(tests: Mapping[str, TestInfo], passed: Collection[str]) -> Baseline:
    """What an untouched workspace earns whose passing tests are given."""
    rate = pass_rate(tests, passed)
    return Baseline(rate, tier(rate), earned(tests, passed), frozenset(passed) & frozenset(tests))


def score(
    tests: Mapping[str, TestInfo],
    failures: Mapping[str, tuple[str, str]],
    start: Baseline,
    ever_passed: Collection[str] = (),
    bugs: tuple[BugReport, ...] = (),
    void: str = "",
) -> Score:
    """Score a grading in which all tests but `failures` passed. `ever_passed` are those that passed earlier."""
    passed = frozenset() if void else frozenset(tests) - frozenset(failures)
    rate = pass_rate(tests, passed)
    regressions = (frozenset(ever_passed) | start.passed) & frozenset(tests) - passed
    by_category = {name: [test_id for test_id, info in tests.items() if info.category == name] for name in CATEGORIES}
    by_service = {name: [test_id for test_id, info in tests.items() if name in info.services] for name in SERVICES}
    return Score(
        rate=rate,
        tier=tier(rate),
        bonuses=earned(tests, passed),
        offered=earned(tests, frozenset(tests)),
        regressions=tuple(sorted(regressions)),
        baseline=start,
        categories={name: Tally(len(passed.intersection(ids)), len(ids)) for name, ids in by_category.items()},
        services={name: Tally(len(passed.intersection(ids)), len(ids)) for name, ids in by_service.items()},
        bugs=bugs,
        failures=dict(failures),
        passed=passed,
        void=void,
    )


def judge_bugs(
    catalogue: Mapping[str, Bug], injected: Collection[str], manifest: Manifest, failed: Collection[str]
) -> tuple[BugReport, ...]:
    """The status of each injected bug from its measured triggers. `catalogue` has all bugs: a dependency can lead
    through one that isn't injected.

    A bug that is there fails all of its triggers. So one whose triggers partly pass is gone, and what still fails of
    them must be the work of bugs that are there; if it isn't, the repair is half done.
    """
    failing = frozenset(failed)
    triggers = {bug_id: frozenset(manifest.bugs[bug_id].triggers) for bug_id in injected if bug_id in manifest.bugs}
    present = {bug_id for bug_id, ids in triggers.items() if ids and ids <= failing}
    explained = _union(triggers, present)
    reports: list[BugReport] = []
    for bug_id in sorted(injected, key=id_key):
        ids = triggers.get(bug_id, frozenset())
        if not ids:
            status = BugStatus.UNMEASURED
        elif bug_id not in present:
            status = BugStatus.FIXED if ids & failing <= explained else BugStatus.NOT_FIXED
        else:
            before = ancestors(catalogue, bug_id)
            masking = {other for other in present if other in before or ids < triggers[other]} - {bug_id}
            status = BugStatus.MASKED if ids <= _union(triggers, masking) else BugStatus.NOT_FIXED
        reports.append(BugReport(bug_id, status, len(ids & failing), len(ids)))
    return tuple(reports)


def _union(triggers: Mapping[str, frozenset[str]], bugs: Collection[str]) -> frozenset[str]:
    return frozenset(test_id for bug_id in bugs for test_id in triggers[bug_id])


def to_document(result: Score) -> dict[str, Any]:
    """The score as JSON values, in the documented form."""
    return {
        "format": FORMAT,
        "solved": result.solved,
        "score": float(result.total),
        "reward": float(result.reward),
        "maximum": float(result.maximum),
        "pass_rate": float(result.rate),
        "pass_rate_exact": str(result.rate),
        "tier": float(result.tier),
        "bonus": float(result.bonus),
        "penalty": float(result.penalty),
        "bonuses": [
            {
                "name": name,
                "value": float(value),
                "earned": name in result.bonuses,
                "at_baseline": name in result.baseline.bonuses,
                "counted": name in result.counted,
            }
            for name, value in BONUSES.items()
        ],
        "baseline": {
            "score": float(result.baseline.total),
            "pass_rate": float(result.baseline.rate),
            "pass_rate_exact": str(result.baseline.rate),
            "bonuses": [name for name in BONUSES if name in result.baseline.bonuses],
        },
        "regressions": list(result.regressions),
        "void": result.void,
        "categories": [
            {"name": name, "weight": float(WEIGHTS[name]), "passed": tally.passed, "total": tally.total}
            for name, tally in result.categories.items()
        ],
        "services": [
            {"name": name, "passed": tally.passed, "total": tally.total} for name, tally in result.services.items()
        ],
        "bugs": [
            {"id": bug.id, "status": bug.status.value, "failing": bug.failing, "triggers": bug.triggers}
            for bug in result.bugs
        ],
        "causes": [
            {"message": cause.message, "count": cause.count, "example": cause.example}
            for cause in failure_causes(result.failures)
        ],
        "failures": {
            test_id: {"outcome": outcome, "message": message}
            for test_id, (outcome, message) in sorted(result.failures.items())
        },
    }
