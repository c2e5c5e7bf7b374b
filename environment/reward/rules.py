"""The numbers of the reward. All are exact fractions; nothing here is ever a float."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from fractions import Fraction

from environment.bugs.manifest import CATEGORIES, TestInfo
from environment.services import SERVICES

WEIGHTS: dict[str, Fraction] = {
    "unit": Fraction("1.0"),
    "integration": Fraction("1.5"),
    "contract": Fraction("2.0"),
    "chaos": Fraction("3.0"),
    "security": Fraction("2.5"),
    "performance": Fraction("2.0"),
    "system": Fraction("3.0"),
}
PLANNED: dict[str, int] = {
    "unit": 200,
    "integration": 150,
    "contract": 60,
    "chaos": 80,
    "security": 80,
    "performance": 60,
    "system": 120,
}
"""How many tests of each category the weights were meant for."""
assert tuple(WEIGHTS) == tuple(PLANNED) == CATEGORIES

PARTS: dict[str, Fraction] = {name: PLANNED[name] * weight for name, weight in WEIGHTS.items()}
"""What each category contributes to the pass rate, of 1,465 in all, however many tests it has grown to."""

TIERS: tuple[tuple[Fraction, Fraction], ...] = (
    (Fraction(1), Fraction("1.00")),
    (Fraction("0.85"), Fraction("0.78")),
    (Fraction("0.70"), Fraction("0.55")),
    (Fraction("0.55"), Fraction("0.38")),
    (Fraction("0.40"), Fraction("0.22")),
    (Fraction("0.25"), Fraction("0.12")),
    (Fraction("0.10"), Fraction("0.05")),
    (Fraction(0), Fraction("0.00")),
)
"""Lower bound of the pass rate (it belongs to its tier) and what the tier is worth."""

SERVICE_BONUS = Fraction("0.015")
CHAOS_BONUS = Fraction("0.10")
STATE_BONUS = Fraction("0.05")
PENALTY = Fraction("-0.20")

HIGHEST = TIERS[0][1] + len(SERVICES) * SERVICE_BONUS + CHAOS_BONUS + STATE_BONUS
LOWEST = PENALTY

CHAOS = "chaos"
STATE = "infrastructure_state"
BONUSES: dict[str, Fraction] = {
    **{f"service:{name}": SERVICE_BONUS for name in SERVICES},
    CHAOS: CHAOS_BONUS,
    STATE: STATE_BONUS,
}
"""Every bonus by name, in the order of reports."""


def shares(categories: Collection[str]) -> dict[str, Fraction]:
    """The share of each category that has tests; they add up to 1, whichever these are."""
    present = {name: part for name, part in PARTS.items() if name in categories}
    return {name: part / sum(present.values()) for name, part in present.items()}


def pass_rate(tests: Mapping[str, TestInfo], passed: Collection[str]) -> Fraction:
    """For each category its share times the rate of its tests that passed, summed; 0 when there are no tests.

    A category without tests is left out, and the others share what it would have.
    """
    total = Counter(info.category for info in tests.values())
    got = Counter(info.category for test_id, info in tests.items() if test_id in passed)
    return sum((share * Fraction(got[name], total[name]) for name, share in shares(total).items()), Fraction(0))


def tier(rate: Fraction) -> Fraction:
    """What a pass rate is worth; raises ValueError outside of 0 to 1."""
    if not 0 <= rate <= 1:
        raise ValueError(f"a pass rate lies between 0 and 1: {rate}")
    return next(value for bound, value in TIERS if rate >= bound)


def groups(tests: Mapping[str, TestInfo]) -> dict[str, frozenset[str]]:
    """The tests that each bonus asks for. A bonus without tests can't be earned."""
    result: dict[str, frozenset[str]] = {
        f"service:{name}": frozenset(test_id for test_id, info in tests.items() if name in info.services)
        for name in SERVICES
    }
    result[CHAOS] = frozenset(test_id for test_id, info in tests.items() if info.category == "chaos")
    result[STATE] = frozenset(test_id for test_id, info in tests.items() if info.infrastructure_state)
    return result


def earned(tests: Mapping[str, TestInfo], passed: Collection[str]) -> frozenset[str]:
    """Names of the bonuses whose tests all passed."""
    return frozenset(name for name, ids in groups(tests).items() if ids and ids <= frozenset(passed))
