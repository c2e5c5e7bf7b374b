"""A distributed lock on an etcd lease: one owner, kept alive while it is held, with a fencing token.

A lock alone can't stop a holder that was paused past its lease, so the holder calls `check` before it acts and passes
`token` with every write to a resource that compares it (`shared.infra.fencing`).
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from types import TracebackType

from shared.errors import Conflict
from shared.infra.coordination import Coordination, CoordinationUnavailable, HistoryCompacted, KeyValue, Put
from shared.infra.lease_clock import LeaseClock
from shared.infra.lease_keeper import LeaseKeeper
from shared.utils.clock import Clock, SystemClock
from shared.utils.deadline import Deadline

log = logging.getLogger(__name__)

PREFIX = "/locks/"
_SYSTEM = SystemClock()


class LockHeld(Conflict):
    """Somebody else holds the lock and kept it for as long as the caller would wait."""

    code = "lock_held"


class LockLost(Conflict):
    """The lease ended while the lock was held: what it protected may have another owner now."""

    code = "lock_lost"


@dataclass(frozen=True)
class LockHolder:
    """Who holds a lock, and under which fencing token."""

    owner: str
    token: int


class DistributedLock:
    """One lock object is one attempt to hold: it isn't shared between threads and may be acquired again once free."""

    def __init__(
        self,
        etcd: Coordination,
        name: str,
        owner: str,
        *,
        ttl: int = 10,
        wait_seconds: float = 10.0,
        clock: Clock = _SYSTEM,
    ) -> None:
        """`owner` names the holder for people; `ttl` is how long a dead holder's lock outlives it, in seconds."""
        self.name = name
        self.owner = owner
        self.key = PREFIX + name
        self.lost = threading.Event()
        self._etcd = etcd
        self._ttl = ttl
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._lease_id = 0
        self._token = 0
        self._lease_clock: LeaseClock | None = None
        self._keeper: LeaseKeeper | None = None

    @property
    def token(self) -> int:
        """The fencing token: the revision that created the lock, so a later holder's is always greater."""
        return self._token

    @property
    def held(self) -> bool:
        """Whether the lock is certainly ours at this moment."""
        return self._lease_clock is not None and self._lease_clock.alive()

    def check(self) -> None:
        """Raise LockLost unless the lock is certainly ours. Called before every effect the lock protects."""
        if not self.held:
            raise LockLost(f"{self.owner} doesn't hold lock {self.name} any more", name=self.name, owner=self.owner)

    def holder(self) -> LockHolder | None:
        """Who holds the lock now, for messages: by the time it is read it may be wrong."""
        present = self._etcd.get(self.key)
        return None if present is None else _holder(present)

    def try_acquire(self) -> LockHolder | None:
        """Take the lock if it is free, without waiting. None when we have it, else the present holder."""
        if self._keeper is not None:
            raise RuntimeError(f"lock {self.name} is acquired twice by one lock object")
        while (present := self.holder()) is None:
            if self._create():
                return None
        return present

    def acquire(self, deadline: Deadline | None = None) -> int:
        """Wait for the lock until the deadline (`wait_seconds` without one); the fencing token. Raises LockHeld."""
        until = deadline or Deadline.after(self._wait_seconds, self._clock)
        while (present := self.try_acquire()) is not None:
            if until.expired:
                raise LockHeld(f"lock {self.name} is held by {present.owner}", name=self.name, owner=present.owner)
            self._wait_for_release(present, until.remaining())
        return self._token

    def release(self) -> bool:
        """Give the lock back. False when it wasn't ours any more; another owner's lock is never touched.

        When etcd doesn't answer, the lock goes with its lease, at most one TTL from now.
        """
        if self._keeper is None:
            return False
        self._keeper.stop()
        self._forget()
        try:
            freed = self._delete_own()
            self._etcd.revoke(self._lease_id)
        except CoordinationUnavailable as error:
            log.warning("lock %s is left to expire within %d s: %s", self.name, self._ttl, error)
            return False
        return freed

    def __enter__(self) -> DistributedLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _create(self) -> bool:
        lease_clock = LeaseClock(self._ttl, self._clock)
        sent_at = lease_clock.now()
        lease_id = self._etcd.grant(self._ttl)
        value = json.dumps({"owner": self.owner}).encode()
        token = self._etcd.commit(absent=[self.key], puts=[Put(self.key, value, lease_id)])
        if token is None:
            self._etcd.revoke(lease_id)
            return False
        lease_clock.renewed(sent_at)
        self._lease_id, self._token, self._lease_clock = lease_id, token, lease_clock
        self.lost.clear()
        self._keeper = LeaseKeeper(self._etcd, lease_id, lease_clock, self.lost.set)
        self._keeper.start()
        return True

    def _delete_own(self) -> bool:
        present = self._etcd.get(self.key)
        if present is None or present.create_revision != self._token:
            return False
        return self._etcd.commit(unchanged=[present], deletes=[self.key]) is not None

    def _forget(self) -> None:
        self._keeper = None
        if self._lease_clock is not None:
            self._lease_clock.end()

    def _wait_for_release(self, present: LockHolder, seconds: float) -> None:
        try:
            self._follow(present.token + 1, seconds)
        except HistoryCompacted:  # It has been held for longer than etcd keeps changes: follow from now on.
            seen = self._etcd.snapshot(self.key)
            if any(item.key == self.key and item.create_revision == present.token for item in seen.items):
                self._follow(seen.revision + 1, seconds)

    def _follow(self, start_revision: int, seconds: float) -> None:
        for change in self._etcd.changes(self.key, start_revision, seconds):
            if change.key == self.key and change.kind == "delete":
                return


def _holder(present: KeyValue) -> LockHolder:
    return LockHolder(json.loads(present.value)["owner"], present.create_revision)
