"""Leader election on an etcd lease.

At most one candidate is leader at any moment, by its own reckoning: it counts its lease by monotonic time from before
each renewal was sent and stops a margin early. Writes carry the fencing token all the same, because a process can be
paused between the question "am I the leader?" and the write.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from shared.infra.coordination import Coordination, CoordinationUnavailable, KeyValue, Put
from shared.infra.lease_clock import LeaseClock
from shared.infra.lease_keeper import LeaseKeeper
from shared.utils.clock import Clock, SystemClock

log = logging.getLogger(__name__)

PREFIX = "/elections/"
WATCH_SECONDS = 30.0
"""A follower looks again after this long even if it saw no change."""
RETRY_SECONDS = 0.5
"""Pause after an error of etcd, so that a fleet of candidates doesn't crowd it while it recovers."""
_SYSTEM = SystemClock()


def accepts_term(current: int, candidate: int) -> bool:
    """Whether a candidate's term is new: only one that is greater than every term there has been (Raft, §5.1)."""
    return candidate > current


@dataclass(frozen=True)
class LeaderRecord:
    """A leadership: whose, in which term, under which fencing token."""

    candidate: str
    term: int
    token: int


class LeaderElection:
    """One candidate of one election. Use `start`/`stop` for a candidate that campaigns for as long as it lives."""

    def __init__(self, etcd: Coordination, name: str, candidate: str, *, ttl: int = 5, clock: Clock = _SYSTEM) -> None:
        """`candidate` is unique per process; `ttl` is how long a dead leader blocks the next one, in seconds."""
        self.name = name
        self.candidate = candidate
        self._etcd = etcd
        self._ttl = ttl
        self._clock = clock
        self._leader_key = f"{PREFIX}{name}/leader"
        self._term_key = f"{PREFIX}{name}/term"
        self._record: LeaderRecord | None = None
        self._lease = LeaseClock(ttl, clock)
        self._keeper: LeaseKeeper | None = None
        self._lease_id = 0
        self._observers: list[Callable[[bool], None]] = []
        self._stop = threading.Event()
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None

    def is_leader(self) -> bool:
        """Whether this candidate certainly leads at this moment: elected, and its lease not near its end."""
        return self._record is not None and self._lease.alive()

    @property
    def fencing_token(self) -> int:
        """The token every write of this leadership carries; 0 when not leading, which every resource refuses."""
        record = self._record
        return record.token if record is not None and self.is_leader() else 0

    @property
    def term(self) -> int:
        """The term of this candidate's leadership; 0 when not leading."""
        record = self._record
        return record.term if record is not None and self.is_leader() else 0

    def leader(self) -> LeaderRecord | None:
        """Who leads now, as etcd has it."""
        present = self._etcd.get(self._leader_key)
        return None if present is None else _record(present)

    def observe(self, callback: Callable[[bool], None]) -> None:
        """Call back with True when elected and with False when no longer leading, from the election's threads."""
        self._observers.append(callback)

    def try_campaign(self) -> bool:
        """Stand once, without waiting: True when elected (or leading already). Raises CoordinationUnavailable."""
        if self.is_leader():
            return True
        if self._etcd.get(self._leader_key) is not None:
            return False
        seen = self._etcd.get(self._term_key)
        current = int(seen.value) if seen is not None else 0
        return self._stand(seen, current, current + 1)

    def resign(self) -> None:
        """Stop leading and let the next candidate in at once; when etcd doesn't answer, the lease runs out."""
        if self._record is None:
            return
        if self._keeper is not None:
            self._keeper.stop()
        lease_id = self._lease_id
        self._step_down()
        try:
            self._etcd.revoke(lease_id)
        except CoordinationUnavailable as error:
            log.warning("leadership of %s is left to expire within %d s: %s", self.name, self._ttl, error)

    def start(self) -> None:
        """Campaign from a thread until `stop`; stand again after every loss."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name=f"election-{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Resign and campaign no more."""
        self._stop.set()
        self._changed.set()
        self.resign()

    def _stand(self, seen: KeyValue | None, current: int, term: int) -> bool:
        if not accepts_term(current, term):
            return False
        lease = LeaseClock(self._ttl, self._clock)
        sent_at = lease.now()
        lease_id = self._etcd.grant(self._ttl)
        value = json.dumps({"candidate": self.candidate, "term": term}).encode()
        token = self._etcd.commit(
            unchanged=[seen] if seen is not None else [],
            absent=[self._leader_key] if seen is not None else [self._leader_key, self._term_key],
            puts=[Put(self._leader_key, value, lease_id), Put(self._term_key, str(term).encode())],
        )
        if token is None:
            self._etcd.revoke(lease_id)
            return False
        lease.renewed(sent_at)
        self._take_office(LeaderRecord(self.candidate, term, token), lease, lease_id)
        return True

    def _take_office(self, record: LeaderRecord, lease: LeaseClock, lease_id: int) -> None:
        self._lease, self._lease_id, self._record = lease, lease_id, record
        self._keeper = LeaseKeeper(self._etcd, lease_id, lease, self._step_down)
        self._keeper.start()
        log.info("%s leads %s in term %d", self.candidate, self.name, record.term)
        self._notify(True)

    def _step_down(self) -> None:
        self._lease.end()
        if self._record is None:
            return
        log.info("%s no longer leads %s", self.candidate, self.name)
        self._record = None
        self._notify(False)
        self._changed.set()

    def _notify(self, leading: bool) -> None:
        for callback in self._observers:
            callback(leading)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._changed.clear()
            if self._stop.is_set():  # Since it was looked at: the call to wake up may just have been cleared.
                break
            try:
                if self.try_campaign():
                    self._changed.wait()
                else:
                    self._wait_for_vacancy()
            except CoordinationUnavailable as error:
                log.warning("election %s: %s", self.name, error)
                self._stop.wait(RETRY_SECONDS)
        self.resign()

    def _wait_for_vacancy(self) -> None:
        snapshot = self._etcd.snapshot(self._leader_key)
        if not snapshot.items or self._stop.is_set():
            return
        for change in self._etcd.changes(self._leader_key, snapshot.revision + 1, WATCH_SECONDS):
            if change.kind == "delete" or self._stop.is_set():
                return


def _record(present: KeyValue) -> LeaderRecord:
    value = json.loads(present.value)
    return LeaderRecord(value["candidate"], value["term"], present.create_revision)
