"""Paths and path policies: Vault's wildcards and Vault's precedence."""

import pytest

from services.secrets.domain.paths import (
    InvalidPath,
    InvalidPattern,
    PathPolicy,
    checked_pattern,
    deciding,
    matches,
    permitted,
    secret_path,
    specificity,
)


def policy(pattern: str, subject: str = "u-1", *capabilities: str) -> PathPolicy:
    return PathPolicy(pattern, frozenset({subject}), frozenset(capabilities or {"read"}))


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("app/database", "app/database", True),
        ("app/database", "app/database/replica", False),
        ("app/+/password", "app/shop/password", True),
        ("app/+/password", "app/shop/eu/password", False),
        ("app/+", "app", False),
        ("+/+", "app/database", True),
        ("app/*", "app/shop/eu/password", True),
        ("app/*", "app", False),
        ("app/*", "application/key", False),
        ("app*", "application/key", True),
        ("*", "anything/at/all", True),
        ("app/+/pass*", "app/shop/password/old", True),
        ("app/+/pass*", "app/shop/key", False),
    ],
)
def test_plus_stands_for_one_segment_and_star_for_any_rest(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("*", "app/*"),
        ("app/*", "app/data*"),
        ("+/database", "app/+"),
        ("app/+/x*", "app/+/xy"),
        ("app/+/+", "app/+/key"),
        ("app/database*", "app/database"),
    ],
)
def test_the_more_specific_pattern_is_stronger(weaker: str, stronger: str) -> None:
    assert specificity(weaker) < specificity(stronger)


def test_only_the_strongest_pattern_decides() -> None:
    rules = [policy("app/*"), policy("app/database", "u-2"), policy("*", "u-3")]
    assert deciding(rules, "app/database") == [rules[1]]
    assert deciding(rules, "app/other") == [rules[0]]


def test_several_policies_of_the_strongest_pattern_add_up() -> None:
    rules = [policy("app/*", "u-1", "read"), policy("app/*", "u-1", "write"), policy("*", "u-1", "delete")]
    granted = [name for name in ("read", "write", "delete", "list") if permitted(rules, "app/x", "u-1", name)]
    assert granted == ["read", "write"]


def test_a_path_that_no_pattern_covers_is_open() -> None:
    assert permitted([policy("app/*")], "infra/key", "u-9", "write") is True


def test_who_is_not_named_is_kept_out() -> None:
    assert permitted([policy("app/*")], "app/key", "u-2", "read") is False


@pytest.mark.parametrize(
    "text", ["", "/", "a//b", "../etc", "a/../b", "a/.b", "a b", "a/versions", "rotate", "ä", "a" * 401]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(InvalidPath):
        secret_path(text)


def test_a_path_loses_its_outer_slashes() -> None:
    assert secret_path("/app/data-base_1.x/") == "app/data-base_1.x"


@pytest.mark.parametrize("pattern", ["", "/app", "a*b", "*/a", "app/x+", "app/+x/y", "app/+*", "a" * 401])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        checked_pattern(pattern)


@pytest.mark.parametrize("pattern", ["app", "app/+", "app/*", "app/+/x*", "*", "+/b"])
def test_patterns_are_kept_as_they_are(pattern: str) -> None:
    assert checked_pattern(pattern) == pattern
