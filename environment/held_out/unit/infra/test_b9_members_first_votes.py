"""Whose votes count, and which of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.infra.quorum import Tally, Vote, count_votes, majority

NAMES = [f"m{number}" for number in range(6)]
VOTES = st.lists(st.builds(Vote, st.sampled_from(NAMES), st.booleans()), max_size=12)
MEMBERS = st.sets(st.sampled_from(NAMES), min_size=1)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(VOTES, MEMBERS)
def test_each_present_member_counts_once_with_its_first_vote(votes: list[Vote], members: set[str]) -> None:
    first = {name: next((vote.approve for vote in votes if vote.member == name), None) for name in members}
    said = list(first.values())
    wanted = Tally(said.count(True), said.count(False), majority(len(members)), len(members))
    assert count_votes(votes, members) == wanted


@settings(derandomize=True, deadline=None, max_examples=60)
@given(VOTES, MEMBERS, st.sampled_from(NAMES))
def test_whoever_leaves_takes_its_vote_along(votes: list[Vote], members: set[str], leaves: str) -> None:
    left = members - {leaves} or members
    without = [vote for vote in votes if vote.member in left]
    assert count_votes(votes, left) == count_votes(without, left)


def test_voting_again_neither_helps_nor_hurts() -> None:
    members = ["a", "b", "c", "d"]
    once = [Vote("a", True), Vote("b", False)]
    assert count_votes([*once, *once, Vote("a", False), Vote("b", True)], members) == count_votes(once, members)
