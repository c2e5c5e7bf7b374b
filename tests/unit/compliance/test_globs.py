"""Patterns: what the standard library's mean, in a time that has a bound."""

import random
import time
from fnmatch import fnmatchcase

import pytest

from services.compliance.domain.conditions import Condition, EvaluationError, holds
from services.compliance.domain.globs import MAX_STEPS, MAX_TEXT, TooLong, like


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
