"""Majorities of groups of any size."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.infra.quorum import Vote, count_votes, has_quorum, majority


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 10_000))
def test_a_majority_is_more_than_half_and_no_more_than_it_takes(size: int) -> None:
    assert 2 * majority(size) > size
    assert 2 * (majority(size) - 1) <= size


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 40))
def test_of_two_halves_neither_decides(half: int) -> None:
    members = [f"m{number}" for number in range(2 * half)]
    votes = [Vote(name, place < half) for place, name in enumerate(members)]
    tally = count_votes(votes, members)
    assert (tally.approvals, tally.refusals, tally.needed) == (half, half, half + 1)
    assert (tally.carried, tally.lost) == (False, True)
    assert not has_quorum(members[:half], members)
    assert not has_quorum(members[half:], members)
    assert has_quorum(members[: half + 1], members)
