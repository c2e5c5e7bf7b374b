"""Votes of a group on proposals, kept in etcd: a subject has one ballot, in whose term each member votes once.

A proposal is made in a term, as a Raft leader's is, and only in one that is greater than every term there has been for
its subject. Votes of an earlier term are gone with their ballot. Those of a ballot that was closed count no more; they
are kept until it would have ended by itself, so that who heard no answer to a vote may say the same again, and so is
its term, in which nothing is proposed any more.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import quote

from shared.errors import Conflict
from shared.infra.coordination import Coordination, KeyValue, Put
from shared.infra.election import accepts_term
from shared.infra.quorum import Vote

PREFIX = "/ballots/"
BALLOT_SECONDS = 600
"""How long a ballot lasts that nobody closes: what it was about is over, or its leader opens another."""


class StaleTerm(Conflict):
    """There is a ballot of the same or a later term."""

    code = "stale_term"


@dataclass(frozen=True)
class Ballot:
    """What is voted on, in which term; `data` is what the members judge it by. One that is `closed` takes no votes."""

    subject: str
    term: int
    data: dict[str, Any] = field(default_factory=dict)
    closed: bool = False


class Ballots:
    """The ballots of one group."""

    def __init__(self, etcd: Coordination, group: str) -> None:
        self._etcd = etcd
        self.prefix = f"{PREFIX}{quote(group, safe='')}/proposals/"
        self._votes = f"{PREFIX}{quote(group, safe='')}/votes/"

    def open(self, ballot: Ballot) -> None:
        """Propose. Raises StaleTerm unless the term is greater than that of the last ballot on the subject."""
        lease_id = self._etcd.grant(BALLOT_SECONDS)
        while True:
            present = self._etcd.get(self._key(ballot.subject))
            if present is not None:
                self._ensure_new(_ballot(present), ballot)
            opened = self._etcd.commit(
                unchanged=[present] if present is not None else [],
                absent=[] if present is not None else [self._key(ballot.subject)],
                puts=[Put(self._key(ballot.subject), json.dumps(asdict(ballot)).encode(), lease_id)],
                delete_prefix=self._folder(ballot.subject),
            )
            if opened is not None:
                return

    def find(self, subject: str) -> Ballot | None:
        """The ballot that is open on a subject; None when there is none."""
        present = self._open(subject)
        return None if present is None else _ballot(present)

    def was_opened(self, ballot: Ballot) -> bool:
        """Whether the last ballot on the subject is this one, open or closed."""
        present = self._etcd.get(self._key(ballot.subject))
        return present is not None and replace(_ballot(present), closed=ballot.closed) == ballot

    def cast(self, ballot: Ballot, vote: Vote) -> bool:
        """Vote; the first vote of a member stands. False when it has voted, or says again what it said before the
        ballot was closed. Raises StaleTerm for an earlier term, and for any other vote in a closed ballot."""
        key = self._folder(ballot.subject) + quote(vote.member, safe="")
        value = json.dumps({**asdict(vote), "term": ballot.term}).encode()
        while True:
            present = self._open(ballot.subject)
            if present is None or _ballot(present).term != ballot.term:
                before = self._etcd.get(key)
                if before is not None and before.value == value:
                    return False
                raise StaleTerm(f"there is no vote on {ballot.subject} in term {ballot.term}")
            written = Put(key, value, present.lease_id)
            if self._etcd.commit(unchanged=[present], absent=[key], puts=[written]) is not None:
                return True
            if self._etcd.get(key) is not None:
                return False

    def votes(self, subject: str) -> tuple[Vote, ...]:
        """Who has voted in the ballot's term, members or not; nobody where there is no ballot."""
        ballot = self.find(subject)
        cast = [json.loads(item.value) for item in self._etcd.snapshot(self._folder(subject)).items]
        return tuple(Vote(of["member"], of["approve"]) for of in cast if ballot and of["term"] == ballot.term)

    def close(self, subject: str) -> None:
        """End the ballot. Its votes count no more; they and its term are forgotten when its lease ends."""
        present = self._open(subject)
        if present is not None:
            closed = json.dumps(asdict(replace(_ballot(present), closed=True))).encode()
            self._etcd.commit(unchanged=[present], puts=[Put(present.key, closed, present.lease_id)])

    def _ensure_new(self, before: Ballot, ballot: Ballot) -> None:
        if not accepts_term(before.term, ballot.term):
            raise StaleTerm(
                f"term {ballot.term} isn't newer than {before.term}", term=ballot.term, current_term=before.term
            )

    def _key(self, subject: str) -> str:
        return self.prefix + quote(subject, safe="")

    def _folder(self, subject: str) -> str:
        return f"{self._votes}{quote(subject, safe='')}/"

    def _open(self, subject: str) -> KeyValue | None:
        present = self._etcd.get(self._key(subject))
        return None if present is None or _ballot(present).closed else present


def _ballot(present: KeyValue) -> Ballot:
    return Ballot(**json.loads(present.value))
