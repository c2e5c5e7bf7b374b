"""Patterns: what the standard library's mean, in a time that has a bound."""

import random
import time
from fnmatch import fnmatchcase

import pytest

from services.compliance.domain.conditions import Condition, EvaluationError, holds
from services.compliance.domain.globs import MAX_STEPS, TooLong, like


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
    # The standard library's expression compares forty thousand million characters here, which takes minutes.
    assert not like("a" * 10_000_000, "*" + "a" * 4_000 + "b*")
    assert not like("a" * 10_000_000, "*a" * 2_000 + "b")
    assert like("a" * 10_000_000 + "b", "*a" * 2_000 + "b")
    assert time.monotonic() - began < 20


def test_another_one_is_matched_with_texts_of_a_bounded_length_and_a_longer_one_counts_against() -> None:
    assert like("a" * (MAX_STEPS // 4), "*a?b") is False
    with pytest.raises(TooLong):
        like("a" * (MAX_STEPS // 4 + 1), "*a?b")
    with pytest.raises(EvaluationError, match="too long"):
        holds(Condition("name", "like", "*a?b"), {"name": "a" * MAX_STEPS})


def test_names_and_patterns_of_the_greatest_lengths_can_always_be_matched() -> None:
    assert like("a" * 200, "*" + "?" * 198 + "*")
