"""Patterns: what the standard library's mean, in a time that has a bound."""

import random
import time
from fnmatch import fnmatchcase

import pytest

from services.compliance.domain.conditions import Condition, EvaluationError, holds
from services.compliance.domain.globs import (
    MAX_STEPS,
    MAX_TEXT,
    REMEMBERED_LONG,
    REMEMBERED_SHORT,
    SHORT,
    TooLong,
    _long_parts,
    _parts,
    _short_parts,
    like,
)


@pytest.mark.parametrize("alphabet", ["ab*?", "a*", "ab*?[]!", "abc[]!*"])
def test_a_pattern_means_what_it_means_to_the_standard_library(alphabet: str) -> None:
    dice = random.Random(alphabet)
    for _ in range(2_000):
        pattern = "".join(dice.choice(alphabet) for _ in range(dice.randrange(9)))
        text = "".join(dice.choice("ab]-[") for _ in range(dice.randrange(8)))
        assert like(text, pattern) is fnmatchcase(text, pattern), (text, pattern)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("dns.zones.create", "dns.*.create", True),
        ("dns.zones.update", "dns.*.create", False),
        ("aba", "ab*ba", False),
        ("eu-1a", "eu-[0-9][a-c]", True),
        ("eu-1d", "eu-[0-9][a-c]", False),
        ("eu-1d", "eu-[0-9][!a-c]", True),
        ("a\nb", "a?b", True),
        ("Team", "team", False),
        ("", "*", True),
        ("", "?", False),
    ],
)
def test_patterns(text: str, pattern: str, expected: bool) -> None:
    assert like(text, pattern) is expected


def test_a_pattern_without_brackets_takes_a_time_that_grows_with_the_text_alone() -> None:
    began = time.monotonic()
    # The standard library's expression compares hundreds of millions of characters each time.
    for _ in range(20):
        assert not like("a" * MAX_TEXT, "*" + "a" * 4_000 + "b*")
        assert not like("a" * MAX_TEXT, "*a" * 2_000 + "b")
        assert like("a" * (MAX_TEXT - 1) + "b", "*a" * 2_000 + "b")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("pattern", ["*", "a*", "*a", "b*"])
def test_a_text_longer_than_any_pattern_is_matched_with_counts_against(pattern: str) -> None:
    assert like("a" * MAX_TEXT, pattern) is (pattern != "b*")
    with pytest.raises(TooLong):
        like("a" * (MAX_TEXT + 1), pattern)
    with pytest.raises(EvaluationError, match="too long"):
        holds(Condition("name", "like", pattern), {"name": "a" * (MAX_TEXT + 1)})


def test_another_one_is_matched_with_texts_of_a_bounded_length_and_a_longer_one_counts_against() -> None:
    assert like("a" * (MAX_STEPS // 4), "*a?b") is False
    with pytest.raises(TooLong):
        like("a" * (MAX_STEPS // 4 + 1), "*a?b")
    with pytest.raises(EvaluationError, match="too long"):
        holds(Condition("name", "like", "*a?b"), {"name": "a" * MAX_STEPS})


def test_names_and_patterns_of_the_greatest_lengths_can_always_be_matched() -> None:
    assert like("a" * 200, "*" + "?" * 198 + "*")


@pytest.mark.parametrize(
    ("pattern", "lengths"),
    [
        ("***a**?", [0, 2, 0]),
        ("*?*?*?", [3, 0]),
        ("*?" * 2_000, [2_000, 0]),
        ("a?*?b", [3, 1]),
        ("[*?]**[?*]", [1, 1]),
        ("?*", [1, 0]),
    ],
)
def test_a_run_of_stars_and_question_marks_is_one_part(pattern: str, lengths: list[int]) -> None:
    assert [len(part) for part in _parts(pattern)] == lengths


@pytest.mark.parametrize("pattern", ["*" * 5, "*?" * 3, "?*" * 3, "**?**?**?"])
def test_what_a_run_fits_is_no_matter_of_its_order(pattern: str) -> None:
    for length in range(6):
        assert like("a" * length, pattern) is (length >= pattern.count("?"))


def test_expressions_that_are_kept_take_no_more_room_for_longer_patterns() -> None:
    for number in range(2 * REMEMBERED_LONG):
        like("a", f"{number:05}" + "?" * SHORT)
        like("a", f"{number:05}?")
    assert SHORT * REMEMBERED_SHORT + 4_096 * REMEMBERED_LONG <= 1 << 19
    assert _long_parts.cache_info().currsize == _long_parts.cache_info().maxsize == REMEMBERED_LONG
    assert _short_parts.cache_info().maxsize == REMEMBERED_SHORT
