"""Ballots: one vote a member and term."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.infra.ballots import BALLOT_SECONDS, Ballot, Ballots, StaleTerm
from shared.infra.quorum import Vote
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


@pytest.fixture
def ballots(clock: FixedClock) -> Ballots:
    return Ballots(MemoryEtcd(clock), "group")


def test_a_members_first_vote_stands(ballots: Ballots) -> None:
    ballot = Ballot("s", 3)
    ballots.open(ballot)
    assert ballots.cast(ballot, Vote("a", True)) is True
    assert ballots.cast(ballot, Vote("a", False)) is False
    assert ballots.cast(ballot, Vote("b", False)) is True
    assert ballots.votes("s") == (Vote("a", True), Vote("b", False))


@pytest.mark.parametrize("term", [1, 2, 3])
def test_only_a_later_term_is_heard(ballots: Ballots, term: int) -> None:
    ballots.open(Ballot("s", 3, {"by": "first"}))
    with pytest.raises(StaleTerm) as refused:
        ballots.open(Ballot("s", term, {"by": "second"}))
    assert (refused.value.status, refused.value.code) == (409, "stale_term")
    assert ballots.find("s") == Ballot("s", 3, {"by": "first"})


def test_votes_of_an_earlier_term_are_gone_and_none_come_late(ballots: Ballots) -> None:
    first, second = Ballot("s", 3), Ballot("s", 4)
    ballots.open(first)
    ballots.cast(first, Vote("a", True))
    ballots.open(second)
    assert ballots.votes("s") == ()
    with pytest.raises(StaleTerm):
        ballots.cast(first, Vote("b", True))
    assert ballots.cast(second, Vote("a", False)) is True


def test_nothing_of_a_closed_ballot_counts(ballots: Ballots) -> None:
    ballots.open(Ballot("s", 3))
    ballots.open(Ballot("s/2", 1))
    ballots.cast(Ballot("s", 3), Vote("a", True))
    ballots.close("s")
    assert (ballots.find("s"), ballots.votes("s"), ballots.find("s/2")) == (None, (), Ballot("s/2", 1))
    with pytest.raises(StaleTerm):
        ballots.cast(Ballot("s", 3), Vote("b", True))


def test_a_vote_may_be_said_again_once_its_ballot_is_closed_and_another_may_not(
    ballots: Ballots, clock: FixedClock
) -> None:
    ballots.open(Ballot("s", 3))
    ballots.cast(Ballot("s", 3), Vote("a", True))
    ballots.close("s")
    assert ballots.cast(Ballot("s", 3), Vote("a", True)) is False
    for term, vote in ((3, Vote("a", False)), (3, Vote("b", True)), (2, Vote("a", True)), (4, Vote("a", True))):
        with pytest.raises(StaleTerm):
            ballots.cast(Ballot("s", term), vote)
    assert ballots.votes("s") == ()
    # A later ballot begins without votes, and an earlier one's are nothing any more
    ballots.open(Ballot("s", 4))
    assert ballots.votes("s") == ()
    with pytest.raises(StaleTerm):
        ballots.cast(Ballot("s", 3), Vote("a", True))
    # Nothing is kept longer than a ballot lasts
    ballots.cast(Ballot("s", 4), Vote("a", True))
    ballots.close("s")
    clock.advance(timedelta(seconds=BALLOT_SECONDS))
    with pytest.raises(StaleTerm):
        ballots.cast(Ballot("s", 4), Vote("a", True))


@pytest.mark.parametrize("term", [1, 4, 5])
def test_the_term_of_a_closed_ballot_is_over_as_long_as_its_votes_are_kept(
    ballots: Ballots, clock: FixedClock, term: int
) -> None:
    first = Ballot("s", 5, {"by": "first"})
    ballots.open(first)
    ballots.cast(first, Vote("a", True))
    ballots.close("s")
    ballots.close("s")
    # Then nobody proposes anything in it, or in an earlier one, and the vote may still be said again
    with pytest.raises(StaleTerm) as refused:
        ballots.open(Ballot("s", term, {"by": "second"}))
    assert refused.value.extra["current_term"] == 5
    assert ballots.cast(first, Vote("a", True)) is False
    # And who opened it is known to have done so, and nobody else
    assert (ballots.was_opened(first), ballots.was_opened(Ballot("s", 5)), ballots.find("s")) == (True, False, None)
    clock.advance(timedelta(seconds=BALLOT_SECONDS))
    assert ballots.was_opened(first) is False
    ballots.open(Ballot("s", term))
    assert ballots.find("s") == Ballot("s", term)


def test_a_later_term_follows_a_closed_ballot(ballots: Ballots) -> None:
    ballots.open(Ballot("s", 5))
    ballots.close("s")
    later = Ballot("s", 6)
    ballots.open(later)
    assert ballots.cast(later, Vote("a", True)) is True
    assert (ballots.find("s"), ballots.votes("s")) == (later, (Vote("a", True),))


def test_a_ballot_that_nobody_closes_ends_with_its_votes(ballots: Ballots, clock: FixedClock) -> None:
    ballots.open(Ballot("s", 3))
    ballots.cast(Ballot("s", 3), Vote("a", True))
    clock.advance(timedelta(seconds=BALLOT_SECONDS))
    assert (ballots.find("s"), ballots.votes("s")) == (None, ())
    # And can be opened again in its own term
    ballots.open(Ballot("s", 3))
    assert ballots.votes("s") == ()
