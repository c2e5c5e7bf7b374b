"""The exact numbers of the reward."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environment.bugs.manifest import CATEGORIES, TestInfo
from environment.reward.rules import BONUSES, HIGHEST, LOWEST, earned, pass_rate, tier
from environment.reward.score import baseline, score, to_document
from environment.services import SERVICES

INFOS = st.builds(
    TestInfo,
    st.sampled_from(CATEGORIES),
    st.lists(st.sampled_from(SERVICES), min_size=1, max_size=3, unique=True).map(tuple),
    st.booleans(),
)
SUITES = st.lists(INFOS, min_size=1, max_size=40).map(lambda infos: {f"t{n}": info for n, info in enumerate(infos)})


@st.composite
def gradings(draw: st.DrawFn) -> tuple[dict[str, TestInfo], set[str], list[set[str]]]:
    """A suite, what passes at the start, and what passes at each grading."""
    tests = draw(SUITES)
    subsets = st.sets(st.sampled_from(sorted(tests)))
    return tests, draw(subsets), draw(st.lists(subsets, min_size=1, max_size=5))


@pytest.mark.parametrize(
    ("rate", "value"),
    [
        ("0", "0.00"),
        ("99999/1000000", "0.00"),
        ("1/10", "0.05"),
        ("1/4", "0.12"),
        ("2/5", "0.22"),
        ("11/20", "0.38"),
        ("7/10", "0.55"),
        ("17/20", "0.78"),
        ("9999999999999999999/10000000000000000000", "0.78"),
        ("1", "1.00"),
    ],
)
def test_a_lower_bound_belongs_to_the_higher_tier(rate: str, value: str) -> None:
    assert tier(Fraction(rate)) == Fraction(value)


@pytest.mark.parametrize("rate", [Fraction(-1, 100), Fraction(101, 100)])
def test_a_rate_outside_of_0_to_1_is_refused(rate: Fraction) -> None:
    with pytest.raises(ValueError):
        tier(rate)


def test_the_range() -> None:
    assert (Fraction("-0.20"), Fraction("1.375")) == (LOWEST, HIGHEST)


def suite(**counts: int) -> dict[str, TestInfo]:
    """So many tests of each category, named `unit0`, `unit1`, …"""
    return {f"{name}{n}": TestInfo(name, ("auth",)) for name, count in counts.items() for n in range(count)}


@pytest.mark.parametrize(
    ("category", "part"),
    [
        ("unit", 200),
        ("integration", 225),
        ("contract", 120),
        ("chaos", 240),
        ("security", 200),
        ("performance", 120),
        ("system", 360),
    ],
)
@pytest.mark.parametrize("tests", [1, 7, 4173])
def test_a_category_has_its_share_however_many_tests_it_has(category: str, part: int, tests: int) -> None:
    everything = suite(**{**dict.fromkeys(CATEGORIES, 3), category: tests})
    whole = {test_id for test_id, info in everything.items() if info.category == category}
    assert pass_rate(everything, whole) == Fraction(part, 1465)
    assert pass_rate(everything, {f"{category}0"}) == Fraction(part, 1465 * tests)


def test_the_others_share_what_a_category_without_tests_would_have() -> None:
    tests = suite(unit=4, chaos=2)
    assert pass_rate(tests, {"unit0", "chaos0"}) == Fraction(200, 440) / 4 + Fraction(240, 440) / 2
    assert pass_rate(tests, set(tests)) == 1
    assert pass_rate(suite(unit=2), {"unit0"}) == Fraction(1, 2)
    assert pass_rate({}, set()) == 0


@given(SUITES, st.data())
def test_the_pass_rate_is_1_for_everything_only(tests: dict[str, TestInfo], data: st.DataObject) -> None:
    passed = data.draw(st.sets(st.sampled_from(sorted(tests))))
    rate = pass_rate(tests, passed)
    assert 0 <= rate <= 1
    assert (rate == 1) == (passed == set(tests))
    assert (rate == 0) == (not passed)


def test_the_document_names_the_shares() -> None:
    tests = suite(unit=2, security=1)
    document = to_document(score(tests, {"unit0": ("failed", "")}, baseline(tests, set())))
    told = {item["name"]: (item["share_exact"], item["passed"], item["total"]) for item in document["categories"]}
    assert told["unit"] == ("1/2", 1, 2)
    assert told["security"] == ("1/2", 1, 1)
    assert told["system"] == ("0", 0, 0)
    assert sum(Fraction(share) for share, *_ in told.values()) == 1


def test_a_bonus_without_tests_is_not_earned() -> None:
    tests = {"a": TestInfo("chaos", ("auth",))}
    assert earned(tests, {"a"}) == {"service:auth", "chaos"}
    assert earned(tests, set()) == set()


@given(gradings())
def test_totals_stay_in_range_and_rewards_add_up(case: tuple[dict[str, TestInfo], set[str], list[set[str]]]) -> None:
    tests, at_start, later = case
    start = baseline(tests, at_start)
    ever, before, rewards = set(at_start), start.total, Fraction(0)
    for passed in later:
        result = score(tests, {name: ("failed", "") for name in tests if name not in passed}, start, ever)
        assert LOWEST <= result.total <= HIGHEST
        assert result.total <= result.maximum
        assert result.solved == (passed == set(tests))
        assert (result.penalty < 0) == bool(ever - passed)
        rewards += result.total - before
        before = result.total
        ever |= passed
    assert rewards == result.reward == result.total - start.total


@given(gradings())
def test_doing_nothing_is_never_paid(case: tuple[dict[str, TestInfo], set[str], list[set[str]]]) -> None:
    tests, at_start, _ = case
    start = baseline(tests, at_start)
    result = score(tests, {name: ("failed", "") for name in tests if name not in at_start}, start)
    assert (result.reward, result.bonus) == (0, 0)


@given(gradings())
def test_passing_more_never_costs(case: tuple[dict[str, TestInfo], set[str], list[set[str]]]) -> None:
    tests, at_start, (passed, *_) = case
    start = baseline(tests, at_start)
    fewer = score(tests, {name: ("failed", "") for name in tests if name not in passed}, start)
    more = score(tests, {name: ("failed", "") for name in tests if name not in passed | at_start}, start)
    assert more.total >= fewer.total


def test_the_document_is_exact_where_it_matters() -> None:
    tests = {f"t{n}": TestInfo("unit", ("auth",)) for n in range(20)}
    document = to_document(score(tests, {"t0": ("failed", "1 == 2"), "t1": ("error", "")}, baseline(tests, set())))
    assert (document["pass_rate_exact"], document["score"], document["solved"]) == ("9/10", 0.78, 0)
    assert document["failures"]["t0"] == {"outcome": "failed", "message": "1 == 2"}
    assert [bonus["name"] for bonus in document["bonuses"]] == list(BONUSES)


def test_a_void_grading_passes_nothing() -> None:
    tests = {"a": TestInfo("unit", ("auth",)), "b": TestInfo("unit", ("auth",))}
    result = score(tests, {}, baseline(tests, {"a"}), void="forged")
    assert (result.rate, result.total, result.regressions) == (0, Fraction("-0.20"), ("a",))
