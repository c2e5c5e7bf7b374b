"""Majorities and votes. Pure rules; the members and the votes are passed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


def majority(size: int) -> int:
    """The fewest members of a group of `size` of which any two sets share one: 2 of 3, 3 of 4, 3 of 5.

    Raises ValueError for an empty group, which can decide nothing.
    """
    if size < 1:
        raise ValueError("a group without members has no majority")
    return size // 2 + 1


@dataclass(frozen=True)
class Vote:
    """What one member says about a proposal."""

    member: str
    approve: bool


@dataclass(frozen=True)
class Tally:
    """Votes counted against the majority of the present members."""

    approvals: int
    refusals: int
    needed: int
    members: int

    @property
    def carried(self) -> bool:
        """Whether a majority approves."""
        return self.approvals >= self.needed

    @property
    def lost(self) -> bool:
        """Whether so many refuse that a majority can't be reached any more."""
        return self.members - self.refusals < self.needed


def count_votes(votes: Iterable[Vote], members: Collection[str]) -> Tally:
    """Count each present member once: its first vote stands, and a removed member's vote is nothing.

    Raises ValueError when there are no members.
    """
    electorate = frozenset(members)
    ballots: dict[str, bool] = {}
    for vote in votes:
        if vote.member in electorate:
            ballots.setdefault(vote.member, vote.approve)
    approvals = sum(ballots.values())
    return Tally(approvals, len(ballots) - approvals, majority(len(electorate)), len(electorate))


def has_quorum(present: Collection[str], members: Collection[str]) -> bool:
    """Whether enough of the present members (of nobody else) are there to decide."""
    electorate = frozenset(members)
    return bool(electorate) and len(electorate.intersection(present)) >= majority(len(electorate))
