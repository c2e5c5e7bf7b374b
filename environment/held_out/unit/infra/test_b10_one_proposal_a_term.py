"""One subject has one proposal a term, and its votes are of that proposal."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.infra.ballots import Ballot, Ballots, StaleTerm
from shared.infra.quorum import Vote
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd


def ballots() -> Ballots:
    return Ballots(MemoryEtcd(FixedClock(datetime(2025, 6, 1, tzinfo=UTC))), "group")


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=10))
def test_a_proposal_is_heard_in_a_term_greater_than_every_one_before(terms: list[int]) -> None:
    held, highest = ballots(), 0
    for number, term in enumerate(terms):
        proposed = Ballot("s", term, {"number": number})
        if term > highest:
            held.open(proposed)
            assert (held.find("s"), held.votes("s")) == (proposed, ())
            assert held.cast(proposed, Vote("a", number % 2 == 0)) is True
            highest, present = term, (proposed, held.votes("s"))
        else:
            with pytest.raises(StaleTerm):
                held.open(proposed)
        # What was refused has changed neither the proposal nor its votes
        assert (held.find("s"), held.votes("s")) == present


def test_the_same_proposal_again_is_another_one() -> None:
    held, proposed = ballots(), Ballot("s", 4, {"by": "a"})
    held.open(proposed)
    held.cast(proposed, Vote("a", False))
    with pytest.raises(StaleTerm) as refused:
        held.open(proposed)
    assert (refused.value.extra["term"], refused.value.extra["current_term"]) == (4, 4)
    assert held.votes("s") == (Vote("a", False),)
    # Another subject has terms of its own
    held.open(Ballot("t", 4))
    assert held.votes("t") == ()
