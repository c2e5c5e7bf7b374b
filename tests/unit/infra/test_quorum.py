"""Majorities and votes."""

import pytest

from shared.infra.quorum import Tally, Vote, count_votes, has_quorum, majority


@pytest.mark.parametrize(("size", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)])
def test_a_majority_is_more_than_half(size: int, needed: int) -> None:
    assert majority(size) == needed


@pytest.mark.parametrize("size", range(1, 30))
def test_any_two_majorities_share_a_member(size: int) -> None:
    assert 2 * majority(size) > size


def test_a_group_of_nobody_has_no_majority() -> None:
    with pytest.raises(ValueError, match="no majority"):
        majority(0)


def test_a_removed_members_vote_does_not_count() -> None:
    votes = [Vote("a", True), Vote("removed", True)]
    assert count_votes(votes, ["a", "b", "c"]) == Tally(approvals=1, refusals=0, needed=2, members=3)
    assert not count_votes(votes, ["a", "b", "c"]).carried


def test_a_repeated_vote_counts_once_and_the_first_stands() -> None:
    votes = [Vote("a", True), Vote("a", True), Vote("a", False), Vote("b", False)]
    tally = count_votes(votes, ["a", "b", "c"])
    assert (tally.approvals, tally.refusals, tally.carried) == (1, 1, False)


def test_half_of_an_even_group_carries_nothing() -> None:
    votes = [Vote("a", True), Vote("b", True), Vote("c", False)]
    tally = count_votes(votes, ["a", "b", "c", "d"])
    assert not tally.carried
    assert count_votes([*votes, Vote("d", True)], ["a", "b", "c", "d"]).carried


def test_a_proposal_is_lost_once_a_majority_is_out_of_reach() -> None:
    assert not count_votes([Vote("a", False)], ["a", "b", "c"]).lost
    assert count_votes([Vote("a", False), Vote("b", False)], ["a", "b", "c"]).lost


def test_only_present_members_make_a_quorum() -> None:
    assert has_quorum({"a", "b"}, {"a", "b", "c"})
    assert not has_quorum({"a", "removed", "stranger"}, {"a", "b", "c"})
    assert not has_quorum({"a"}, set())
