"""Listings: order, pages and folding."""

from __future__ import annotations

import pytest

from services.storage.domain.listing import InvalidMaxKeys, Start, behind, following, list_keys, page_size


def test_keys_come_in_the_order_of_their_bytes() -> None:
    assert list_keys(["b", "a", "B", "é", "z", "10", "9"]).keys == ["10", "9", "B", "a", "b", "z", "é"]


def test_a_page_has_at_most_a_thousand_keys_and_the_next_one_goes_on_after_it() -> None:
    keys = [f"k{number:05}" for number in range(2_001)]
    first = list_keys(keys)
    second = list_keys(keys, after=first.next_after or "")
    third = list_keys(keys, after=second.next_after or "")
    assert [len(page.keys) for page in (first, second, third)] == [1000, 1000, 1]
    assert [page.next_after is not None for page in (first, second, third)] == [True, True, False]
    assert [*first.keys, *second.keys, *third.keys] == keys


def test_a_full_last_page_says_that_there_is_no_more() -> None:
    assert list_keys(["a", "b"], max_keys=2).next_after is None


@pytest.mark.parametrize(("asked", "given"), [(None, 1000), (5000, 1000), (1000, 1000), (7, 7), (0, 0)])
def test_the_page_size_is_capped_at_a_thousand(asked: int | None, given: int) -> None:
    assert page_size(asked) == given


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(InvalidMaxKeys):
        page_size(-1)


def test_keys_are_folded_at_the_delimiter_after_the_prefix() -> None:
    keys = ["logs/a/1", "logs/a/2", "logs/b/1", "logs/readme", "other"]
    page = list_keys(keys, prefix="logs/", delimiter="/")
    assert (page.keys, page.common_prefixes) == (["logs/readme"], ["logs/a/", "logs/b/"])


def test_a_folded_prefix_counts_once_and_is_not_repeated_on_the_next_page() -> None:
    keys = ["a/1", "a/2", "b/1", "c"]
    first = list_keys(keys, delimiter="/", max_keys=1)
    second = list_keys(keys, delimiter="/", max_keys=2, after=first.next_after or "")
    assert (first.common_prefixes, first.next_after) == (["a/"], "a/")
    assert (second.common_prefixes, second.keys, second.next_after) == (["b/"], ["c"], None)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("logs/", "logs0"),
        ("a", "b"),
        ("é", "ê"),
        ("\ud7ff", "\ue000"),
        ("a\U0010ffff", "b"),
        ("a\U0010ffff\U0010ffff", "b"),
        ("\U0010ffff", None),
        ("", None),
    ],
)
def test_what_follows_a_prefix_is_behind_every_key_with_it_and_at_nothing_else(
    prefix: str, expected: str | None
) -> None:
    assert following(prefix) == expected
    for tail in ("", "a", "\U0010ffff", "\U0010ffff" * 9):
        assert expected is None or (prefix + tail).encode() < expected.encode()


def test_a_listing_goes_on_behind_a_key_or_at_what_follows_a_folded_prefix() -> None:
    assert behind("a", False) == Start("a")
    assert behind("a/", True) == Start("a0", included=True)
    assert behind("\U0010ffff", True) is None
